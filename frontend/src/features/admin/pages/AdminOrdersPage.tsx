import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import type { OrderBody } from "@/api";
import { listAllOrdersQueryLimits as limits } from "@/api/generated/limits.gen";
import { EmptyState } from "@/components/EmptyState";
import { Field } from "@/components/Field";
import { TimeAgo } from "@/components/TimeAgo";
import { StatusChip } from "@/features/orders/components/StatusChip";
import { STATUS } from "@/features/orders/status";
import { formatMoney } from "@/lib/money";
import { useTitle } from "@/lib/useTitle";
import { type OrderParams, readOrderParams, toOrderQuery } from "../adminParams";
import { allOrdersQuery } from "../api/listAllOrders";
import { type Column, DataTable } from "../components/DataTable";
import { DebouncedInput } from "../components/DebouncedInput";
import { PagedList } from "../components/PagedList";

export function AdminOrdersPage() {
  useTitle("Orders · Administration");
  const [search, setSearch] = useSearchParams();
  const params = readOrderParams(search);
  const list = useInfiniteQuery({
    ...allOrdersQuery(toOrderQuery(params)),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
  const rangeError = rangeErrorOf(params);
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
              value={params.status}
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
              maxLength={limits.email.maxLength}
              value={params.email}
              onTextChange={(text) => change("email", text)}
            />
          )}
        </Field>
        <Field label="From">
          {(control) => (
            <input
              {...control}
              type="date"
              value={params.since}
              onChange={(event) => change("since", event.target.value)}
            />
          )}
        </Field>
        <Field label="To" error={rangeError}>
          {(control) => (
            <input
              {...control}
              type="date"
              value={params.until}
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

function rangeErrorOf({ since, until }: OrderParams): string | undefined {
  return since && until && since > until
    ? "The end date must not be before the start date."
    : undefined;
}
