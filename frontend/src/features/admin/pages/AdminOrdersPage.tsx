import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { OrderView } from "@/api";
import { listAllOrdersQueryLimits as limits } from "@/api/generated/limits.gen";
import { EmptyState } from "@/components/EmptyState";
import { Field } from "@/components/Field";
import { STATUS } from "@/features/orders/status";
import { ORDER_VIEWS, type OrderParams, readOrderParams, toOrderQuery } from "../adminParams";
import { allOrdersQuery } from "../api/listAllOrders";
import { DataTable } from "../components/DataTable";
import { DebouncedInput } from "../components/DebouncedInput";
import { ORDERS_OF_ALL_CUSTOMERS } from "../components/OrderColumns";
import { PagedList } from "../components/PagedList";
import { ParkedPayments } from "../components/ParkedPayments";
import { PeriodFields } from "../components/PeriodFields";
import { useAdminTitle } from "../useAdminTitle";
import { useUrlFilters } from "../useUrlFilters";

export function AdminOrdersPage() {
  useAdminTitle("Orders");
  const [search, change] = useUrlFilters();
  const params = readOrderParams(search);
  const list = useInfiniteQuery({
    ...allOrdersQuery(toOrderQuery(params)),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
  const orders = list.data?.pages.flatMap((page) => page.orders) ?? [];
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Orders</h1>
        <Link className="btn btn-outline-secondary" to="/admin/orders/pick-list">
          Pick list
        </Link>
      </div>
      <Views current={params.view} />
      <div className="filter-row">
        <Field label="Number">
          {(control) => (
            <DebouncedInput
              {...control}
              type="search"
              maxLength={limits.number.maxLength}
              value={params.number}
              onTextChange={(text) => change({ number: text })}
            />
          )}
        </Field>
        <Field label="Status" kind="form-select">
          {(control) => (
            <select
              {...control}
              value={params.status}
              onChange={(event) => change({ status: event.target.value })}
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
        <Field label="Email" hint="The beginning of the address or of its domain.">
          {(control) => (
            <DebouncedInput
              {...control}
              type="search"
              inputMode="email"
              maxLength={limits.email.maxLength}
              value={params.email}
              onTextChange={(text) => change({ email: text })}
            />
          )}
        </Field>
        <PeriodFields period={params} onChange={change} />
      </div>
      <PagedList list={list} count={orders.length} empty={<Empty params={params} />}>
        <DataTable
          caption="Orders, newest first"
          rows={orders}
          rowKey={(order) => order.id}
          columns={ORDERS_OF_ALL_CUSTOMERS}
        />
      </PagedList>
      {params.view === "problems" && <ParkedPayments />}
    </>
  );
}

/** The orders that wait for an admin, and all orders. */
function Views({ current }: { current: OrderView | "" }) {
  const views: [OrderView | "", string][] = [
    ...(Object.entries(ORDER_VIEWS) as [OrderView, string][]),
    ["", "All"],
  ];
  return (
    <nav aria-label="Views">
      <ul className="plain-list views">
        {views.map(([view, label]) => (
          <li key={view}>
            <Link
              to={view ? `/admin/orders?view=${view}` : "/admin/orders"}
              className="filter-chip"
              aria-current={view === current ? "page" : undefined}
            >
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

const NOTHING_TO_DO: Record<OrderView, string> = {
  "to-pay": "No order waits for a payment",
  "to-ship": "Nothing has to be shipped",
  "to-refund": "Nothing has to be paid back",
  problems: "No order needs a decision",
};

function Empty({ params }: { params: OrderParams }) {
  const { view, ...filters } = params;
  if (view && Object.values(filters).every((value) => value === "")) {
    return (
      <EmptyState icon="check" title={NOTHING_TO_DO[view]}>
        <p className="muted">Orders that wait for you will appear here.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="box" title="No orders found">
      <p className="muted">Remove a filter to see more orders.</p>
      <Link className="btn btn-outline-secondary" to="/admin/orders">
        Show all orders
      </Link>
    </EmptyState>
  );
}
