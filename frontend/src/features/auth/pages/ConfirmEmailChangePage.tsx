import { Link } from "react-router";
import { confirmEmailChange } from "@/api";
import { LinkPage } from "../components/LinkPage";

/** Changes the email address of an account, from the mail to the new address. */
export function ConfirmEmailChangePage() {
  return (
    <LinkPage
      title="Use this email address"
      button="Use this address"
      confirm={(token) => confirmEmailChange({ body: { token } })}
      done={
        <>
          <p>Your account uses this address now. Sign in with it from now on.</p>
          <Link to="/account">Your account</Link>
        </>
      }
      help={
        <>
          Request the change again in <Link to="/account">your account</Link>.
        </>
      }
    >
      Mail about your account will arrive at this address. You will sign in with it.
    </LinkPage>
  );
}
