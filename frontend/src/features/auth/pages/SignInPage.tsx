import { Link, Navigate, useNavigate, useSearchParams } from "react-router";
import { useTitle } from "@/lib/useTitle";
import { useAuth } from "../AuthContext";
import { signIn } from "../api/signIn";
import { CredentialsForm } from "../components/CredentialsForm";
import { safeNext } from "../safeNext";

export function SignInPage() {
  useTitle("Sign in");
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const next = safeNext(search.get("next"));
  const { status } = useAuth();
  if (status === "signed-in") return <Navigate replace to={next} />;
  return (
    <div className="shop-width">
      <div className="narrow">
        <div className="page-head">
          <h1 tabIndex={-1}>Sign in</h1>
        </div>
        <div className="panel form-stack">
          {next === "/checkout" && (
            <p className="muted">Sign in to place your order. Your cart is saved.</p>
          )}
          <CredentialsForm
            kind="sign-in"
            submit={signIn}
            onDone={() => navigate(next, { replace: true })}
          />
          <p>
            <Link to="/forgot-password">Forgot password?</Link>
          </p>
          <p className="muted">
            New here?{" "}
            <Link to={`/register?next=${encodeURIComponent(next)}`}>Create an account</Link>
          </p>
        </div>
      </div>
    </div>
  );
}
