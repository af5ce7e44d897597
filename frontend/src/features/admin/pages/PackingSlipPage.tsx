import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import type { AdminOrderBody, LinePartBody } from "@/api";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { SkeletonRows } from "@/components/Skeleton";
import { AddressText } from "@/features/auth/components/AddressText";
import { asProblem } from "@/lib/problem";
import { SHOP_NAME } from "@/lib/settings";
import { longDay } from "@/lib/time";
import { adminOrderQuery } from "../api/getAdminOrder";
import { DataTable } from "../components/DataTable";
import { PrintButton } from "../components/PrintButton";
import { useAdminTitle } from "../useAdminTitle";

/** The paper in a parcel: what it contains, and for whom. */
export function PackingSlipPage() {
  const { id = "" } = useParams();
  const { data, error, refetch } = useQuery(adminOrderQuery(id));
  useAdminTitle(data ? `Packing slip ${data.number}` : "Packing slip");
  const isMissing = error && [404, 422].includes(asProblem(error).status);
  return (
    <>
      <p className="small-text no-print">
        <Link to={isMissing ? "/admin/orders" : `/admin/orders/${id}`} className="back-link">
          <Icon name="back" />
          {isMissing ? "All orders" : "Order"}
        </Link>
      </p>
      {data && <Slip order={data} />}
      {!data && !error && <SkeletonRows count={4} height="5rem" />}
      {!data && isMissing && <EmptyState icon="box" title="Order not found" />}
      {!data && error && !isMissing && <ErrorNotice error={error} onRetry={() => refetch()} />}
    </>
  );
}

function Slip({ order }: { order: AdminOrderBody }) {
  const names = new Map(order.products.map((line) => [line.product_id, line.name]));
  const { address } = order.delivery;
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Packing slip</h1>
        <PrintButton />
      </div>
      <p className="spaced">
        {SHOP_NAME}, order <strong className="order-number">{order.number}</strong> of{" "}
        {longDay(order.created_at)}
      </p>
      <div className="spaced">
        <strong>{address ? address.name : order.contact.name || order.email}</strong>
        {address ? <AddressText address={address} /> : <p>{order.delivery.name}</p>}
      </div>
      <DataTable
        caption="Content"
        rows={contentOf(order)}
        rowKey={(part) => part.product_id}
        columns={[
          { label: "Product", isHead: true, cell: (part) => names.get(part.product_id) },
          { label: "Quantity", isNumber: true, cell: (part) => part.quantity },
        ]}
      />
      {order.note && <p className="below order-note">Note: {order.note}</p>}
    </>
  );
}

/** What is open, or what was shipped last. */
function contentOf({ open_lines: open, fulfilment }: AdminOrderBody): readonly LinePartBody[] {
  return open.length > 0 ? open : (fulfilment.shipments.at(-1)?.lines ?? []);
}
