import { useEffect, useState } from "react";
import Dropdown from "react-bootstrap/Dropdown";
import { Link, useLocation, useNavigate } from "react-router";
import { Icon } from "@/components/Icon";
import { toast } from "@/components/toastStore";
import { signOut } from "@/features/auth/api/signOut";
import { asProblem } from "@/lib/problem";

interface Props {
  email: string;
  isAdmin: boolean;
}

/** The menu of signed-in users. */
export default function AccountDropdown({ email, isAdmin }: Props) {
  const signOutAndLeave = useSignOut();
  return (
    <Dropdown align="end">
      <Dropdown.Toggle variant="quiet" className="no-caret">
        <Icon name="user" /> <span className="wide-only">Account</span>
      </Dropdown.Toggle>
      <Dropdown.Menu>
        <Dropdown.Header className="account-email">{email}</Dropdown.Header>
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
function useSignOut(): () => void {
  const { pathname } = useLocation();
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
