import { queryOptions } from "@tanstack/react-query";
import { getTotals } from "@/api";

/** The number and the value of a customer's orders. */
export function totalsQuery(customer: string) {
  return queryOptions({
    queryKey: ["admin", "orders", "totals", customer],
    queryFn: async ({ signal }) => (await getTotals({ query: { customer }, signal })).data,
  });
}
