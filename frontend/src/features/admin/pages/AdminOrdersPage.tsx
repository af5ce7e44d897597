import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import type { OrderBody, OrderStatus } from "@/api";
import { EmptyState } from "@/components/EmptyState";
import { Field } from "@/components/Field";
import { TimeAgo } from "@/components/TimeAgo";
import { StatusChip } from "@/features/orders/components/StatusChip";
import { STATUS } from "@/features/orders/status";
import { formatMoney } from "@/lib/money";
import { useTitle } from "@/lib/useTitle";
import { type AdminOrderQuery, allOrdersQuery } from "../api/listAllOrders";
import { type Column, DataTable } from "../components/DataTable";
import { DebouncedInput } from "../components/DebouncedInput";
import { PagedList } from "../components/PagedList";

export function AdminOrdersPage() {
  useTitle("Orders · Administration");
  const [search, setSearch] = useSearchParams();
  const list = useInfiniteQuery({
    ...allOrdersQuery(toQuery(search)),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
  const rangeError = rangeErrorOf(search);
  const orders = list.data?.pages.flatMap((page) => page.orders) ?? [];

  function change(name: string, value: string) {
    const next = new URLSearchParams(search);
    if (value) next.set(name, value);
    else next.delete(name);
    setSearch(next, { preventScrollReset: true, replace: true });
  }
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Orders</h1>
      </div>
      <div className="filter-row">
        <Field label="Status" kind="form-select">
          {(control) => (
            <select
              {...control}
              value={search.get("status") ?? ""}
              onChange={(event) => change("status", event.target.value)}
            >
              <option value="">All</option>
              {Object.entries(STATUS).map(([status, { label }]) => (
                <option key={status} value={status}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Email">
          {(control) => (
            <DebouncedInput
              {...control}
              type="email"
              value={search.get("email") ?? ""}
              onTextChange={(text) => change("email", text)}
            />
          )}
        </Field>
        <Field label="From">
          {(control) => (
            <input
              {...control}
              type="date"
              value={validDay(search.get("since"))}
              onChange={(event) => change("since", event.target.value)}
            />
          )}
        </Field>
        <Field label="To" error={rangeError}>
          {(control) => (
            <input
              {...control}
              type="date"
              value={validDay(search.get("until"))}
              onChange={(event) => change("until", event.target.value)}
            />
          )}
        </Field>
      </div>
      <PagedList
        list={list}
        isEmpty={orders.length === 0}
        empty={
          <EmptyState icon="box" title="No orders found">
            <p className="muted">Remove a filter to see more orders.</p>
          </EmptyState>
        }
      >
        <DataTable
          caption="Orders, newest first"
          rows={orders}
          rowKey={(order) => order.id}
          columns={COLUMNS}
        />
      </PagedList>
    </>
  );
}

const COLUMNS: Column<OrderBody>[] = [
  {
    label: "Placed",
    isHead: true,
    cell: (order) => (
      <Link to={`/orders/${order.id}`}>
        <TimeAgo time={order.created_at} />
      </Link>
    ),
  },
  { label: "Customer", cell: (order) => <span className="breakable">{order.email}</span> },
  { label: "Status", cell: (order) => <StatusChip status={order.status} /> },
  { label: "Products", isNumber: true, cell: (order) => order.products.length },
  { label: "Total", isNumber: true, cell: (order) => formatMoney(order.cost) },
];

function toQuery(search: URLSearchParams): AdminOrderQuery {
  const status = search.get("status") ?? "";
  const email = search.get("email");
  const [since, until] = [validDay(search.get("since")), validDay(search.get("until"))];
  return {
    ...(status in STATUS ? { status: status as OrderStatus } : {}),
    ...(email ? { email } : {}),
    ...(since ? { since: `${since}T00:00:00Z` } : {}),
    ...(until ? { until: dayAfter(until) } : {}),
  };
}

/** Return the day if it is valid, or an empty string. Users can edit the URL. */
function validDay(text: string | null): string {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return "";
  const time = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text) ? text : "";
}

function rangeErrorOf(search: URLSearchParams): string | undefined {
  const [since, until] = [validDay(search.get("since")), validDay(search.get("until"))];
  return since && until && since > until
    ? "The end date must not be before the start date."
    : undefined;
}

/** The server excludes the end of the range, so the query needs the day after it. */
function dayAfter(last: string): string {
  return new Date(Date.parse(`${last}T00:00:00Z`) + 86_400_000).toISOString();
}
