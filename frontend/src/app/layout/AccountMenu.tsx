import { lazy, Suspense } from "react";
import { Link, useLocation } from "react-router";
import { Icon } from "@/components/Icon";
import { useAuth } from "@/features/auth/AuthContext";

// Visitors do not need it, so it does not delay their first page.
const AccountDropdown = lazy(() => import("./AccountDropdown"));

export function AccountMenu() {
  const { session, isAdmin } = useAuth();
  const { pathname, search } = useLocation();
  if (session) {
    return (
      <Suspense fallback={<Placeholder />}>
        <AccountDropdown email={session.email} isAdmin={isAdmin} />
      </Suspense>
    );
  }
  const isSigningIn = pathname === "/sign-in" || pathname === "/register";
  const next = isSigningIn ? "" : `?next=${encodeURIComponent(pathname + search)}`;
  return (
    <Link to={`/sign-in${next}`} className="btn btn-quiet">
      <Icon name="user" /> <span className="wide-only">Sign in</span>
    </Link>
  );
}

/** Takes the space of the menu until it has loaded. */
function Placeholder() {
  return (
    <span className="btn btn-quiet" aria-hidden="true">
      <Icon name="user" /> <span className="wide-only">Account</span>
    </span>
  );
}
