import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ListedAccountBody } from "@/api";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { toast } from "@/components/toastStore";
import { changeRole } from "../api/changeRole";

interface Props {
  user: ListedAccountBody;
  onClose: () => void;
}

/** Changes the role of an account after a confirmation. */
export function ConfirmRole({ user, onClose }: Props) {
  const role = user.role === "admin" ? "user" : "admin";
  const queries = useQueryClient();
  const changing = useMutation({
    mutationFn: () => changeRole(user.id, role),
    onSuccess: () => {
      toast(`${user.email} is ${role === "admin" ? "an admin" : "a customer"} now.`);
      onClose();
      return queries.invalidateQueries({ queryKey: ["admin", "users"] });
    },
  });
  return (
    <ConfirmDialog
      title={role === "admin" ? "Make this user an admin?" : "Make this user a customer?"}
      button="Change role"
      action={changing}
      onClose={onClose}
    >
      <strong className="breakable">{user.email}</strong>{" "}
      {role === "admin"
        ? "will be able to change products, view all orders and change roles."
        : "will lose access to the administration."}
    </ConfirmDialog>
  );
}
