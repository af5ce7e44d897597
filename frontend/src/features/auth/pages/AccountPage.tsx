import { Link } from "react-router";
import { useTitle } from "@/lib/useTitle";
import { useAuth } from "../AuthContext";
import { EmailForm } from "../components/EmailForm";
import { EmailState } from "../components/EmailState";
import { NameForm } from "../components/NameForm";
import { PasswordForm } from "../components/PasswordForm";

export function AccountPage() {
  useTitle("Account");
  const { session, isAdmin } = useAuth();
  return (
    <div className="account-page">
      <div className="page-head">
        <h1 tabIndex={-1}>Account</h1>
      </div>
      <div className="row-list">
        <section className="panel form-stack" aria-labelledby="account">
          <h2 id="account">{session?.email}</h2>
          <p className="muted">{isAdmin ? "Admin" : "Customer"}</p>
          <EmailState />
          <p>
            <Link to="/orders">Your orders</Link>
          </p>
          {isAdmin && (
            <p>
              <Link to="/admin">Administration</Link>
            </p>
          )}
        </section>
        <section className="panel form-stack" aria-labelledby="name">
          <h2 id="name">Your name</h2>
          <NameForm />
        </section>
        <section className="panel form-stack" aria-labelledby="email">
          <h2 id="email">Change your email address</h2>
          <EmailForm />
        </section>
        <section className="panel form-stack" aria-labelledby="password">
          <h2 id="password">Change your password</h2>
          <PasswordForm email={session?.email ?? ""} />
        </section>
      </div>
    </div>
  );
}
