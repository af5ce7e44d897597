import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import { Link, useParams } from "react-router";
import type { ListedAccountBody, TotalsBody } from "@/api";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { SkeletonRows } from "@/components/Skeleton";
import { TimeAgo } from "@/components/TimeAgo";
import { formatMoney } from "@/lib/money";
import { asProblem } from "@/lib/problem";
import { pluralize } from "@/lib/text";
import { totalsQuery } from "../api/getTotals";
import { userQuery } from "../api/getUser";
import { allOrdersQuery } from "../api/listAllOrders";
import { ConfirmRole } from "../components/ConfirmRole";
import { DataTable } from "../components/DataTable";
import { ORDERS_OF_ONE_CUSTOMER } from "../components/OrderColumns";
import { PagedList } from "../components/PagedList";
import { Tile } from "../components/Tile";
import { useAdminTitle } from "../useAdminTitle";

/** A customer with their orders and totals. */
export function UserPage() {
  const { id = "" } = useParams();
  const { data, error, refetch } = useQuery(userQuery(id));
  useAdminTitle(data?.email ?? "User");
  const isMissing = error && [404, 422].includes(asProblem(error).status);
  return (
    <>
      <p className="small-text">
        <Link to="/admin/users" className="back-link">
          <Icon name="back" />
          All users
        </Link>
      </p>
      {data && <User user={data} />}
      {!data && !error && <SkeletonRows count={4} height="5rem" />}
      {!data && isMissing && (
        <EmptyState icon="people" title="User not found">
          <p className="muted">Check the address, or choose a user from the list.</p>
        </EmptyState>
      )}
      {!data && error && !isMissing && <ErrorNotice error={error} onRetry={() => refetch()} />}
    </>
  );
}

function User({ user }: { user: ListedAccountBody }) {
  const [isConfirming, setConfirming] = useState(false);
  const totals = useQuery(totalsQuery(user.email));
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1} className="breakable">
          {user.email}
        </h1>
        <Button variant="outline-secondary" onClick={() => setConfirming(true)}>
          {user.role === "admin" ? "Make customer" : "Make admin"}
        </Button>
      </div>
      <p className="muted spaced">
        {user.role === "admin" ? "Admin" : "Customer"}
        {user.created_at && (
          <>
            , joined <TimeAgo time={user.created_at} />
          </>
        )}
      </p>
      {totals.error && <ErrorNotice error={totals.error} onRetry={() => totals.refetch()} />}
      {totals.isPending && <SkeletonRows count={1} height="7rem" />}
      {totals.data && <Totals totals={totals.data} />}
      <Orders email={user.email} />
      {isConfirming && <ConfirmRole user={user} onClose={() => setConfirming(false)} />}
    </>
  );
}

function Totals({ totals }: { totals: TotalsBody }) {
  const more = totals.capped ? "+" : "";
  return (
    <>
      <dl className="tiles">
        <Tile
          label="Orders"
          value={`${totals.orders.toLocaleString("en")}${more}`}
          note={`${totals.pending} pending`}
        />
        <Tile
          label="Spent"
          value={`${formatMoney(totals.spent)}${more}`}
          note={pluralize(totals.accepted, "accepted order")}
        />
        <Tile label="Rejected" value={totals.rejected} note="Nothing was sold" />
        <Tile label="Cancelled" value={totals.cancelled} note="The items are back in stock" />
      </dl>
      {totals.capped && (
        <p className="small-text muted">These figures are of the newest 1,000 orders.</p>
      )}
    </>
  );
}

function Orders({ email }: { email: string }) {
  const list = useInfiniteQuery(allOrdersQuery({ customer: email }));
  const orders = list.data?.pages.flatMap((page) => page.orders) ?? [];
  return (
    <section aria-labelledby="orders-of-user" className="below">
      <h2 id="orders-of-user">Orders</h2>
      <PagedList
        list={list}
        count={orders.length}
        empty={<EmptyState icon="box" title="No orders yet" />}
      >
        <DataTable
          caption={`Orders of ${email}, newest first`}
          rows={orders}
          rowKey={(order) => order.id}
          columns={ORDERS_OF_ONE_CUSTOMER}
        />
      </PagedList>
    </section>
  );
}
