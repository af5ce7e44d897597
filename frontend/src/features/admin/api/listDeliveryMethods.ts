import { queryOptions } from "@tanstack/react-query";
import { listDeliveryMethods } from "@/api";

export const deliveryMethodsQuery = queryOptions({
  queryKey: ["admin", "delivery-methods"],
  queryFn: async ({ signal }) => (await listDeliveryMethods({ signal })).data.methods,
});
