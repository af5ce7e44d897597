import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import type { ListedAccountBody } from "@/api";
import { listUsersQueryLimits as limits } from "@/api/generated/limits.gen";
import { EmptyState } from "@/components/EmptyState";
import { Field } from "@/components/Field";
import { TimeAgo } from "@/components/TimeAgo";
import { useAuth } from "@/features/auth/AuthContext";
import { readText } from "@/lib/searchParams";
import { usersQuery } from "../api/listUsers";
import { ConfirmRole } from "../components/ConfirmRole";
import { DataTable } from "../components/DataTable";
import { DebouncedInput } from "../components/DebouncedInput";
import { PagedList } from "../components/PagedList";
import { useAdminTitle } from "../useAdminTitle";
import { useUrlFilters } from "../useUrlFilters";

export function UsersPage() {
  useAdminTitle("Users");
  const [search, change] = useUrlFilters();
  const email = readText(search, "email", limits.email).trim();
  const list = useInfiniteQuery({
    ...usersQuery(email ? { email } : {}),
    placeholderData: keepPreviousData,
  });
  const [chosen, setChosen] = useState<ListedAccountBody | null>(null);
  const me = useAuth().session?.email;
  const users = list.data?.pages.flatMap((page) => page.users) ?? [];
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Users</h1>
      </div>
      <div className="filter-row">
        <Field label="Email" hint="The beginning of the address or of its domain.">
          {(control) => (
            <DebouncedInput
              {...control}
              type="search"
              inputMode="email"
              maxLength={limits.email.maxLength}
              value={email}
              onTextChange={(text) => change({ email: text })}
            />
          )}
        </Field>
      </div>
      <PagedList
        list={list}
        count={users.length}
        empty={
          <EmptyState icon="people" title={email ? "No users found" : "No users yet"}>
            {email && <p className="muted">No address or domain begins with “{email}”.</p>}
          </EmptyState>
        }
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
                  <Link to={`/admin/users/${user.id}`}>{user.email}</Link>
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
