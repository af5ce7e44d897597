import { useEffect } from "react";
import { useLocation, useNavigate } from "react-router";

const remembered = new Map<string, string>();

interface LinkToken {
  /** The token, empty if there is none. */
  token: string;
  /** Forget the token, once it was used or can't be used. */
  forget: () => void;
}

/**
 * Return the token of the link in a mail that opened this page.
 *
 * The token leaves the address bar at once, so that it is neither copied nor kept in the history.
 * It is remembered until it is used or the tab is closed, because a page may ask to sign in first.
 */
export function useLinkToken(): LinkToken {
  const { pathname, hash } = useLocation();
  const navigate = useNavigate();
  const token = new URLSearchParams(hash.slice(1)).get("token");

  useEffect(() => {
    if (token === null) return;
    remembered.set(pathname, token);
    navigate({ pathname }, { replace: true });
  }, [token, pathname, navigate]);
  return {
    token: token ?? remembered.get(pathname) ?? "",
    forget: () => remembered.delete(pathname),
  };
}
