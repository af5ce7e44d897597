import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import Modal from "react-bootstrap/Modal";
import type { ListedAccount } from "@/api";
import { Empty } from "@/components/Empty";
import { ErrorNotice } from "@/components/ErrorNotice";
import { TimeAgo } from "@/components/TimeAgo";
import { toast } from "@/components/toasts";
import { useAuth } from "@/features/auth/AuthContext";
import { useTitle } from "@/lib/useTitle";
import { changeRole } from "../api/changeRole";
import { usersQuery } from "../api/listUsers";
import { DataTable } from "../components/DataTable";
import { PagedList } from "../components/PagedList";

export function PeoplePage() {
  useTitle("People");
  const list = useInfiniteQuery(usersQuery);
  const [chosen, setChosen] = useState<ListedAccount | null>(null);
  const me = useAuth().session?.email;
  const people = list.data?.pages.flatMap((page) => page.users) ?? [];
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>People</h1>
      </div>
      <PagedList
        list={list}
        isEmpty={people.length === 0}
        empty={<Empty icon="people" title="Nobody yet" />}
      >
        <DataTable
          caption="Accounts and their roles"
          rows={people}
          rowKey={(person) => person.email}
          columns={[
            {
              label: "E-mail",
              isHead: true,
              cell: (person) => (
                <span className="breakable">
                  {person.email}
                  {person.email === me && " (you)"}
                </span>
              ),
            },
            {
              label: "Since",
              cell: (person) =>
                person.created_at ? <TimeAgo time={person.created_at} /> : "long ago",
            },
            {
              label: "Role",
              cell: (person) => (person.role === "admin" ? "Administrator" : "Shopper"),
            },
            {
              label: "Change",
              cell: (person) => (
                <Button variant="outline-secondary" onClick={() => setChosen(person)}>
                  {person.role === "admin" ? "Make a shopper" : "Make an administrator"}
                  <span className="visually-hidden"> of {person.email}</span>
                </Button>
              ),
            },
          ]}
        />
      </PagedList>
      {chosen && <ConfirmRole person={chosen} onClose={() => setChosen(null)} />}
    </>
  );
}

function ConfirmRole({ person, onClose }: { person: ListedAccount; onClose: () => void }) {
  const role = person.role === "admin" ? "user" : "admin";
  const queries = useQueryClient();
  const changing = useMutation({
    mutationFn: () => changeRole(person.email, role),
    onSuccess: () => {
      toast(`${person.email} is ${role === "admin" ? "an administrator" : "a shopper"} now.`);
      onClose();
      return queries.invalidateQueries({ queryKey: usersQuery.queryKey });
    },
  });
  return (
    <Modal show onHide={onClose} centered aria-labelledby="role-title">
      <Modal.Header closeButton>
        <Modal.Title as="h2" id="role-title">
          {role === "admin" ? "Make an administrator?" : "Make a shopper?"}
        </Modal.Title>
      </Modal.Header>
      <Modal.Body className="form-stack">
        <p>
          <strong className="breakable">{person.email}</strong>{" "}
          {role === "admin"
            ? "will be able to change products, see every order and change roles."
            : "will no longer see this part of the shop."}
        </p>
        {changing.isError && <ErrorNotice error={changing.error} />}
      </Modal.Body>
      <Modal.Footer>
        <Button variant="outline-secondary" onClick={onClose}>
          Leave it
        </Button>
        <Button disabled={changing.isPending} onClick={() => changing.mutate()}>
          Change the role
        </Button>
      </Modal.Footer>
    </Modal>
  );
}
