import { Link, Navigate, useNavigate, useSearchParams } from "react-router";
import { toast } from "@/components/toastStore";
import { useTitle } from "@/lib/useTitle";
import { useAuth } from "../AuthContext";
import { createAccount } from "../api/createAccount";
import { CredentialsForm } from "../components/CredentialsForm";
import { safeNext } from "../safeNext";

async function register(email: string, password: string): Promise<void> {
  const isMailSent = await createAccount(email, password);
  if (isMailSent) toast(`Welcome! We have sent a link to ${email} to confirm the address.`);
}

export function RegisterPage() {
  useTitle("Create an account");
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const next = safeNext(search.get("next"));
  const { status } = useAuth();
  if (status === "signed-in") return <Navigate replace to={next} />;
  return (
    <div className="shop-width">
      <div className="narrow">
        <div className="page-head">
          <h1 tabIndex={-1}>Create an account</h1>
        </div>
        <div className="panel form-stack">
          <CredentialsForm
            kind="register"
            submit={register}
            onDone={() => navigate(next, { replace: true })}
          />
          <p className="muted">
            Already have an account?{" "}
            <Link to={`/sign-in?next=${encodeURIComponent(next)}`}>Sign in</Link>
          </p>
        </div>
      </div>
    </div>
  );
}
