import { useQuery } from "@tanstack/react-query";
import type { ParkedEventBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { TimeAgo } from "@/components/TimeAgo";
import { parkedEventsQuery } from "../api/listParkedEvents";
import { type Column, DataTable } from "./DataTable";

const COLUMNS: Column<ParkedEventBody>[] = [
  {
    label: "Payment",
    isHead: true,
    cell: (event) => (
      <span className="breakable">{event.payment_intent || event.session_id || event.id}</span>
    ),
  },
  { label: "Event", cell: (event) => <span className="breakable">{event.type}</span> },
  { label: "Reason", cell: (event) => event.reason },
  { label: "Reported", cell: (event) => <TimeAgo time={event.created_at} /> },
];

/** Card payments that belong to no order, or differ from it. They are looked up at the provider. */
export function ParkedPayments() {
  const { data = [], error, refetch } = useQuery(parkedEventsQuery);
  if (error) return <ErrorNotice error={error} onRetry={() => refetch()} />;
  if (data.length === 0) return null;
  return (
    <section aria-labelledby="parked-payments" className="below">
      <h2 id="parked-payments">Card payments without an order</h2>
      <p className="muted">
        They belong to no order of this shop, for example because another program uses the same
        account. Compare them with the dashboard of the payment provider.
      </p>
      <DataTable
        caption="Card payments without an order, newest first"
        rows={data}
        rowKey={(event) => event.id}
        columns={COLUMNS}
      />
    </section>
  );
}
