import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { listAllOrdersQueryLimits as limits } from "@/api/generated/limits.gen";
import { EmptyState } from "@/components/EmptyState";
import { Field } from "@/components/Field";
import { STATUS } from "@/features/orders/status";
import { readOrderParams, toOrderQuery } from "../adminParams";
import { allOrdersQuery } from "../api/listAllOrders";
import { DataTable } from "../components/DataTable";
import { DebouncedInput } from "../components/DebouncedInput";
import { ORDERS_OF_ALL_CUSTOMERS } from "../components/OrderColumns";
import { PagedList } from "../components/PagedList";
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
      </div>
      <div className="filter-row">
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
      <PagedList
        list={list}
        count={orders.length}
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
          columns={ORDERS_OF_ALL_CUSTOMERS}
        />
      </PagedList>
    </>
  );
}
