import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import Modal from "react-bootstrap/Modal";
import type { ListedAccountBody } from "@/api";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { TimeAgo } from "@/components/TimeAgo";
import { toast } from "@/components/toastStore";
import { useAuth } from "@/features/auth/AuthContext";
import { useTitle } from "@/lib/useTitle";
import { changeRole } from "../api/changeRole";
import { usersQuery } from "../api/listUsers";
import { DataTable } from "../components/DataTable";
import { PagedList } from "../components/PagedList";

export function UsersPage() {
  useTitle("Users");
  const list = useInfiniteQuery(usersQuery);
  const [chosen, setChosen] = useState<ListedAccountBody | null>(null);
  const me = useAuth().session?.email;
  const users = list.data?.pages.flatMap((page) => page.users) ?? [];
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Users</h1>
      </div>
      <PagedList
        list={list}
        isEmpty={users.length === 0}
        empty={<EmptyState icon="people" title="No users yet" />}
      >
        <DataTable
          caption="Accounts and their roles"
          rows={users}
          rowKey={(user) => user.id}
          columns={[
            {
              label: "Email",
              isHead: true,
              cell: (user) => (
                <span className="breakable">
                  {user.email}
                  {user.email === me && " (you)"}
                </span>
              ),
            },
            {
              label: "Joined",
              cell: (user) => (user.created_at ? <TimeAgo time={user.created_at} /> : "Unknown"),
            },
            {
              label: "Role",
              cell: (user) => (user.role === "admin" ? "Admin" : "Customer"),
            },
            {
              label: "Actions",
              cell: (user) => (
                <Button variant="outline-secondary" onClick={() => setChosen(user)}>
                  {user.role === "admin" ? "Make customer" : "Make admin"}
                  <span className="visually-hidden">: {user.email}</span>
                </Button>
              ),
            },
          ]}
        />
      </PagedList>
      {chosen && <ConfirmRole user={chosen} onClose={() => setChosen(null)} />}
    </>
  );
}

function ConfirmRole({ user, onClose }: { user: ListedAccountBody; onClose: () => void }) {
  const role = user.role === "admin" ? "user" : "admin";
  const queries = useQueryClient();
  const changing = useMutation({
    mutationFn: () => changeRole(user.id, role),
    onSuccess: () => {
      toast(`${user.email} is ${role === "admin" ? "an admin" : "a customer"} now.`);
      onClose();
      return queries.invalidateQueries({ queryKey: usersQuery.queryKey });
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
