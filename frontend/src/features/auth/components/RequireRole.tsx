import type { ReactNode } from "react";
import { Link, Navigate, Outlet, useLocation } from "react-router";
import { Icon } from "@/components/Icon";
import { useTitle } from "@/lib/useTitle";
import { useAuth } from "../AuthContext";

/** Lets only who is signed in go on; others sign in and come back. */
export function RequireUser({ children }: { children?: ReactNode }) {
  const { status } = useAuth();
  const { pathname, search } = useLocation();
  if (status === "unknown") return <div className="shop-width" aria-busy="true" />;
  if (status === "visitor") {
    return <Navigate replace to={`/sign-in?next=${encodeURIComponent(pathname + search)}`} />;
  }
  return children ?? <Outlet />;
}

export function RequireAdmin() {
  const { isAdmin } = useAuth();
  return <RequireUser>{isAdmin ? <Outlet /> : <ForAdministrators />}</RequireUser>;
}

function ForAdministrators() {
  const { session } = useAuth();
  useTitle("For administrators");
  return (
    <div className="shop-width">
      <div className="empty">
        <Icon name="user" />
        <h1 tabIndex={-1}>This page is for administrators</h1>
        <p className="muted">
          You are signed in as {session?.email}. An administrator can make you one, too.
        </p>
        <Link className="btn btn-primary" to="/">
          To the shop
        </Link>
      </div>
    </div>
  );
}
