import { Link } from "react-router";
import { confirmEmailChange } from "@/api";
import { currentSession, refreshSession } from "@/lib/session";
import { LinkPage } from "../components/LinkPage";

async function confirm(token: string): Promise<void> {
  await confirmEmailChange({ body: { token } });
  const session = currentSession();
  // The access token contains the old address. If it can't be replaced now, the next request does it.
  if (session) await refreshSession(session.token).catch(() => undefined);
}

/** Changes the email address of an account, from the mail to the new address. */
export function ConfirmEmailChangePage() {
  return (
    <LinkPage
      title="Use this email address"
      button="Use this address"
      confirm={confirm}
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
