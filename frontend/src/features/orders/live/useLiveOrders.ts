import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { OrderBody } from "@/api";
import { useStore } from "@/lib/store";
import { applyOrders } from "./applyOrders";
import { liveStore, watchOrders } from "./orderStream";

const WITH_STREAM_MILLISECONDS = 20_000;
const WITHOUT_STREAM_MILLISECONDS = 2_500;

/** Apply live changes to cached orders while an order on the page is not settled. */
export function useLiveOrders(isEnabled: boolean): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (!isEnabled) return;
    return watchOrders((orders) => applyOrders(queries, orders));
  }, [isEnabled, queries]);
}

/** Return how often to poll unsettled orders, because the stream may be unavailable. */
export function useRefetchInterval(): (hasUnsettled: boolean) => number | false {
  const isLive = useStore(liveStore);
  return (hasUnsettled) => {
    if (!hasUnsettled) return false;
    return isLive ? WITH_STREAM_MILLISECONDS : WITHOUT_STREAM_MILLISECONDS;
  };
}

/** Whether an order is still waiting for a decision or for the confirmation of its cancellation. */
export function isUnsettled(order: OrderBody | undefined): boolean {
  if (!order) return false;
  return order.status === "PENDING" || (order.status === "CANCELLED" && !order.cancel_confirmed);
}
