import { queryOptions } from "@tanstack/react-query";
import { getOrder, type OrderBody } from "@/api";

export function orderQuery(id: string) {
  return queryOptions({
    queryKey: ["orders", "detail", id],
    queryFn: async ({ signal }): Promise<OrderBody> => {
      const { data } = await getOrder({ path: { order_id: id }, signal });
      return data;
    },
  });
}
