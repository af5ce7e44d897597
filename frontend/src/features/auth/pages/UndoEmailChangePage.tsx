import { Link } from "react-router";
import { undoEmailChange } from "@/api";
import { endSession } from "@/lib/session";
import { LinkPage } from "../components/LinkPage";

/** Gives an account its old email address back, from the mail to the old address. */
export function UndoEmailChangePage() {
  return (
    <LinkPage
      title="Undo the change of your email address"
      button="Undo the change"
      confirm={async (token) => {
        await undoEmailChange({ body: { token } });
        // The server has ended the sessions of the account, in this browser too.
        endSession();
      }}
      done={
        <p>
          Your account has this address again, and is signed out everywhere. We have sent you a link
          to choose a new password.
        </p>
      }
      help={
        <>
          A change can be undone for seven days. If you can't sign in,{" "}
          <Link to="/forgot-password">reset your password</Link>.
        </>
      }
    >
      This signs your account out everywhere, and asks you to choose a new password.
    </LinkPage>
  );
}
