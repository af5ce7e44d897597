import { queryOptions } from "@tanstack/react-query";
import { getMe } from "@/api";

export const profileQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ signal }) => (await getMe({ signal })).data,
});
