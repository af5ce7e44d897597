import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { OrderBody, OrdersBody } from "@/api";
import { orderQuery } from "../api/getOrder";
import { ordersQuery } from "../api/listOrders";

/** Put what the stream told into what pages have already read. */
export function applyOrders(queries: QueryClient, orders: readonly OrderBody[]): void {
  for (const order of orders) {
    queries.setQueryData(orderQuery(order.id).queryKey, (known) => newer(known, order));
  }
  const byId = new Map(orders.map((each) => [each.id, each]));
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

/** Events may overtake answers; an order only ever goes forward. */
export function newer(known: OrderBody | undefined, told: OrderBody): OrderBody {
  if (!known || told.history.length > known.history.length) return told;
  if (told.history.length < known.history.length) return known;
  return known.cancel_confirmed ? known : told;
}
