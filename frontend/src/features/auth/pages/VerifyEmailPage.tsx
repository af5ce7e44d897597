import { useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { verifyEmail } from "@/api";
import { useAuth } from "../AuthContext";
import { AccountPanel, LinkPage } from "../components/LinkPage";
import { useLinkToken } from "../useLinkToken";

const TITLE = "Confirm your email address";

/** Confirms an email address. It takes the session of the account, so that others can't do it. */
export function VerifyEmailPage() {
  const { status, session } = useAuth();
  const queries = useQueryClient();
  // It is remembered while the shopper signs in.
  const { token } = useLinkToken();
  if (status === "unknown") return <AccountPanel title={TITLE}>{null}</AccountPanel>;
  if (status === "visitor" && token) {
    return (
      <AccountPanel title={TITLE}>
        <p>Sign in to the account that the address belongs to. Then confirm the address.</p>
        <Link className="btn btn-primary" to="/sign-in?next=/verify-email">
          Sign in
        </Link>
      </AccountPanel>
    );
  }
  return (
    <LinkPage
      title={TITLE}
      button="Confirm the address"
      confirm={async (token) => {
        await verifyEmail({ body: { token } });
        await queries.invalidateQueries({ queryKey: ["me"] });
      }}
      done={
        <>
          <p>Your email address is confirmed.</p>
          <Link to="/account">Your account</Link>
        </>
      }
      help={
        <>
          You can send a new link from <Link to="/account">your account</Link>.
        </>
      }
    >
      You are signed in as <span className="breakable">{session?.email}</span>.
    </LinkPage>
  );
}
