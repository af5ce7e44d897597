import { queryOptions } from "@tanstack/react-query";
import { getOrderForAdmin } from "@/api";

export function adminOrderQuery(id: string) {
  return queryOptions({
    queryKey: ["admin", "orders", "detail", id],
    queryFn: async ({ signal }) =>
      (await getOrderForAdmin({ path: { order_id: id }, signal })).data,
  });
}
