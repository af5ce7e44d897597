import type { ReactNode } from "react";
import { Navigate, Outlet, useLocation } from "react-router";
import { NotFound } from "@/app/NotFound";
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
  return (
    <RequireUser>
      {isAdmin ? <Outlet /> : <NotFound title="This page is for administrators" />}
    </RequireUser>
  );
}
