import { useEffect } from "react";
import { useLocation, useNavigate } from "react-router";

const remembered = new Map<string, string>();

/**
 * Return the token of the link in a mail that opened this page, empty if there is none.
 *
 * The token leaves the address bar at once, so that it is neither copied nor kept in the history.
 * It is remembered until the tab is closed, because a page may ask to sign in first.
 */
export function useLinkToken(): string {
  const { pathname, hash } = useLocation();
  const navigate = useNavigate();
  const token = new URLSearchParams(hash.slice(1)).get("token");

  useEffect(() => {
    if (token === null) return;
    remembered.set(pathname, token);
    navigate({ pathname }, { replace: true });
  }, [token, pathname, navigate]);
  return token ?? remembered.get(pathname) ?? "";
}
