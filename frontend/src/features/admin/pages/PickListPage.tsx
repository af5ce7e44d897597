import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { Notice } from "@/components/Notice";
import { SkeletonRows } from "@/components/Skeleton";
import { pluralize } from "@/lib/text";
import { ordersToShipQuery } from "../api/listOrdersToShip";
import { type Column, DataTable } from "../components/DataTable";
import { PrintButton } from "../components/PrintButton";
import { type Pick, picksOf } from "../pickList";
import { useAdminTitle } from "../useAdminTitle";

const COLUMNS: Column<Pick>[] = [
  { label: "Product", isHead: true, cell: ({ name }) => name },
  { label: "Quantity", isNumber: true, cell: ({ quantity }) => quantity },
  {
    label: "Orders",
    cell: ({ orders }) =>
      orders.map(({ number, quantity }) => `${number} (${quantity})`).join(", "),
  },
];

/** What to take from the shelves for all orders that have to be shipped or handed over. */
export function PickListPage() {
  useAdminTitle("Pick list");
  const { data, error, refetch } = useQuery(ordersToShipQuery);
  const picks = data ? picksOf(data.orders) : [];
  return (
    <>
      <p className="small-text no-print">
        <Link to="/admin/orders?view=to-ship" className="back-link">
          <Icon name="back" />
          Orders to ship
        </Link>
      </p>
      <div className="page-head">
        <h1 tabIndex={-1}>Pick list</h1>
        {picks.length > 0 && <PrintButton />}
      </div>
      {error && <ErrorNotice error={error} onRetry={() => refetch()} />}
      {!data && !error && <SkeletonRows count={6} height="3.5rem" />}
      {data?.orders.length === 0 && (
        <EmptyState icon="check" title="Nothing has to be shipped">
          <p className="muted">Products of orders to ship will appear here.</p>
        </EmptyState>
      )}
      {data?.next_cursor && (
        <div className="spaced">
          <Notice tone="info">
            This list is for the newest {data.orders.length} orders. Ship them to see the others.
          </Notice>
        </div>
      )}
      {data && picks.length > 0 && (
        <>
          <p className="muted spaced">{pluralize(data.orders.length, "order")}</p>
          <DataTable
            caption="Products to take, by name"
            rows={picks}
            rowKey={({ productId }) => productId}
            columns={COLUMNS}
          />
        </>
      )}
    </>
  );
}
