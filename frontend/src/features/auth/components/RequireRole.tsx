import type { ReactNode } from "react";
import { Link, Navigate, Outlet, useLocation } from "react-router";
import { Icon } from "@/components/Icon";
import { useTitle } from "@/lib/useTitle";
import { useAuth } from "../AuthContext";

/** Show a page to signed-in users only. Visitors are sent to sign in and come back. */
export function RequireUser({ children }: { children?: ReactNode }) {
  const { status } = useAuth();
  const { pathname, search } = useLocation();
  if (status === "unknown") return <div className="shop-width" aria-busy="true" />;
  if (status === "visitor") {
    return <Navigate replace to={`/sign-in?next=${encodeURIComponent(pathname + search)}`} />;
  }
  return children ?? <Outlet />;
}

/** Show a page to admins only. */
export function RequireAdmin() {
  const { isAdmin } = useAuth();
  return <RequireUser>{isAdmin ? <Outlet /> : <AccessDenied />}</RequireUser>;
}

function AccessDenied() {
  const { session } = useAuth();
  useTitle("Access denied");
  return (
    <div className="shop-width">
      <div className="empty">
        <Icon name="user" />
        <h1 tabIndex={-1}>Access denied</h1>
        <p className="muted">
          You are signed in as {session?.email}. Ask an admin to give you access.
        </p>
        <Link className="btn btn-primary" to="/">
          Back to the home page
        </Link>
      </div>
    </div>
  );
}
