import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo } from "react";
import { type Session, type SessionState, sessionStore } from "@/lib/session";
import { useStore } from "@/lib/store";

interface AuthContextValue {
  /** `unknown` while a page loads and the session is being restored. */
  status: SessionState["status"];
  session: Session | null;
  isAdmin: boolean;
}

const AuthContext = createContext<AuthContextValue | null>(null);

export function AuthProvider({ children }: { children: ReactNode }) {
  const state = useStore(sessionStore);
  const queries = useQueryClient();
  const session = state.status === "signed-in" ? state.session : null;
  const email = session?.email ?? null;
  const value = useMemo(
    () => ({ status: state.status, session, isAdmin: session?.role === "admin" }),
    [state.status, session],
  );

  // The next user of this browser must not see the data of the last one.
  useEffect(() => {
    return () => {
      if (email !== null)
        queries.removeQueries({ predicate: ({ queryKey }) => isPersonal(queryKey) });
    };
  }, [email, queries]);
  return <AuthContext value={value}>{children}</AuthContext>;
}

export function useAuth(): AuthContextValue {
  const value = useContext(AuthContext);
  if (!value) throw new Error("useAuth must be used inside an AuthProvider.");
  return value;
}

function isPersonal(key: readonly unknown[]): boolean {
  return key[0] === "orders" || key[0] === "admin" || key[0] === "me";
}
