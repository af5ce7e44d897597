import { queryOptions } from "@tanstack/react-query";
import { listAllOrders } from "@/api";
import { listAllOrdersQueryLimits as limits } from "@/api/generated/limits.gen";

/** The newest orders that have to be shipped or handed over. */
export const ordersToShipQuery = queryOptions({
  queryKey: ["admin", "orders", "pick-list"],
  queryFn: async ({ signal }) => {
    const query = { view: "to-ship", limit: limits.limit.maximum } as const;
    return (await listAllOrders({ query, signal })).data;
  },
});
