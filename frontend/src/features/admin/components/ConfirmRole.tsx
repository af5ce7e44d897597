import { useMutation, useQueryClient } from "@tanstack/react-query";
import Button from "react-bootstrap/Button";
import Modal from "react-bootstrap/Modal";
import type { ListedAccountBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
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
    <Modal show onHide={onClose} centered aria-labelledby="role-title">
      <Modal.Header closeButton>
        <Modal.Title as="h2" id="role-title">
          {role === "admin" ? "Make this user an admin?" : "Make this user a customer?"}
        </Modal.Title>
      </Modal.Header>
      <Modal.Body className="form-stack">
        <p>
          <strong className="breakable">{user.email}</strong>{" "}
          {role === "admin"
            ? "will be able to change products, view all orders and change roles."
            : "will lose access to the administration."}
        </p>
        {changing.isError && <ErrorNotice error={changing.error} />}
      </Modal.Body>
      <Modal.Footer>
        <Button variant="outline-secondary" onClick={onClose}>
          Cancel
        </Button>
        <Button disabled={changing.isPending} onClick={() => changing.mutate()}>
          Change role
        </Button>
      </Modal.Footer>
    </Modal>
  );
}
