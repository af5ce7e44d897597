import { queryOptions } from "@tanstack/react-query";
import { getUser } from "@/api";

export function userQuery(id: string) {
  return queryOptions({
    queryKey: ["admin", "users", "detail", id],
    queryFn: async ({ signal }) => (await getUser({ path: { account_id: id }, signal })).data,
  });
}
