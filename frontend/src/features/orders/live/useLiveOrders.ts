import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { OrderBody } from "@/api";
import { useStore } from "@/lib/store";
import { applyOrders } from "./applyOrders";
import { liveStore, watchOrders } from "./orderStream";

const WITH_STREAM_MILLISECONDS = 20_000;
const WITHOUT_STREAM_MILLISECONDS = 2_500;

/** Keep orders fresh while something in view is not settled yet. */
export function useLiveOrders(isWaiting: boolean): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (!isWaiting) return;
    return watchOrders((orders) => applyOrders(queries, orders));
  }, [isWaiting, queries]);
}

/** How often to ask as well, lest a stream that is away leaves a page behind. */
export function useRefetchInterval(): (isWaiting: boolean) => number | false {
  const isLive = useStore(liveStore);
  return (isWaiting) => {
    if (!isWaiting) return false;
    return isLive ? WITH_STREAM_MILLISECONDS : WITHOUT_STREAM_MILLISECONDS;
  };
}

/** Whether the services still have to say something about an order. */
export function isUnsettled(order: OrderBody | undefined): boolean {
  if (!order) return false;
  return order.status === "PENDING" || (order.status === "CANCELLED" && !order.cancel_confirmed);
}
