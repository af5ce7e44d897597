import { queryOptions } from "@tanstack/react-query";
import { getStatistics } from "@/api";

export const statisticsQuery = queryOptions({
  queryKey: ["admin", "statistics"],
  queryFn: async ({ signal }) => (await getStatistics({ signal })).data,
  refetchInterval: 30_000,
});
