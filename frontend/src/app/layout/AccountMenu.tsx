import { useEffect, useState } from "react";
import Dropdown from "react-bootstrap/Dropdown";
import { Link, useLocation, useNavigate } from "react-router";
import { Icon } from "@/components/Icon";
import { toast } from "@/components/toastStore";
import { useAuth } from "@/features/auth/AuthContext";
import { signOut } from "@/features/auth/api/signOut";
import { asProblem } from "@/lib/problem";

export function AccountMenu() {
  const { session, isAdmin } = useAuth();
  const { pathname, search } = useLocation();
  const signOutAndLeave = useSignOut(pathname);
  if (!session) {
    const next =
      pathname === "/sign-in" || pathname === "/register"
        ? ""
        : `?next=${encodeURIComponent(pathname + search)}`;
    return (
      <Link to={`/sign-in${next}`} className="btn btn-quiet">
        <Icon name="user" /> <span className="wide-only">Sign in</span>
      </Link>
    );
  }
  return (
    <Dropdown align="end">
      <Dropdown.Toggle variant="quiet" className="no-caret">
        <Icon name="user" /> <span className="wide-only">Account</span>
      </Dropdown.Toggle>
      <Dropdown.Menu>
        <Dropdown.Header className="account-email">{session.email}</Dropdown.Header>
        <Dropdown.Item as={Link} to="/account">
          Account
        </Dropdown.Item>
        <Dropdown.Item as={Link} to="/orders">
          Orders
        </Dropdown.Item>
        {isAdmin && (
          <Dropdown.Item as={Link} to="/admin">
            Administration
          </Dropdown.Item>
        )}
        <Dropdown.Divider />
        <Dropdown.Item as="button" onClick={signOutAndLeave}>
          Sign out
        </Dropdown.Item>
      </Dropdown.Menu>
    </Dropdown>
  );
}

/**
 * Return a function that goes to the home page and then signs out. In the other order, a page that
 * needs a session would redirect to the sign-in page.
 */
function useSignOut(pathname: string): () => void {
  const navigate = useNavigate();
  const [isLeaving, setLeaving] = useState(false);
  useEffect(() => {
    if (!isLeaving || pathname !== "/") return;
    setLeaving(false);
    signOut().catch((error) =>
      toast(`You are signed out on this device. ${asProblem(error).message}`),
    );
  }, [isLeaving, pathname]);
  return () => {
    setLeaving(true);
    navigate("/");
  };
}
