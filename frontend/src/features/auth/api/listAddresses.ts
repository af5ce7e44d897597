import { queryOptions } from "@tanstack/react-query";
import { listAddresses } from "@/api";

export const addressesQuery = queryOptions({
  queryKey: ["me", "addresses"],
  queryFn: async ({ signal }) => (await listAddresses({ signal })).data.addresses,
});
