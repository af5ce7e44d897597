import { queryOptions } from "@tanstack/react-query";
import { statistics } from "@/api";

export const statisticsQuery = queryOptions({
  queryKey: ["admin", "statistics"],
  queryFn: async ({ signal }) => (await statistics({ signal })).data,
  refetchInterval: 30_000,
});
