import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { OrderBody, OrdersBody } from "@/api";
import { orderQuery } from "../api/getOrder";
import { ordersQuery } from "../api/listOrders";

/** Update the cached orders with orders from the stream. */
export function applyOrders(queries: QueryClient, orders: readonly OrderBody[]): void {
  for (const order of orders) {
    queries.setQueryData(orderQuery(order.id).queryKey, (cached) => newer(cached, order));
  }
  const byId = new Map(orders.map((order) => [order.id, order]));
  queries.setQueryData(ordersQuery.queryKey, (list) => list && withOrders(list, byId));
}

type List = InfiniteData<OrdersBody>;

function withOrders(list: List, byId: Map<string, OrderBody>): List {
  const pages = list.pages.map((page) => ({
    ...page,
    orders: page.orders.map((order) => newer(order, byId.get(order.id) ?? order)),
  }));
  return { ...list, pages };
}

/** Return the newer of two states: the stream may be ahead of a response, or behind it. */
export function newer(cached: OrderBody | undefined, received: OrderBody): OrderBody {
  if (!cached || received.history.length > cached.history.length) return received;
  if (received.history.length < cached.history.length) return cached;
  return cached.cancel_confirmed ? cached : received;
}
