import { infiniteQueryOptions } from "@tanstack/react-query";
import { type ListUsersData, listUsers } from "@/api";

export type UserQuery = Omit<NonNullable<ListUsersData["query"]>, "cursor" | "limit">;

const USERS_PER_PAGE = 50;

export function usersQuery(query: UserQuery) {
  return infiniteQueryOptions({
    queryKey: ["admin", "users", "list", query],
    queryFn: async ({ signal, pageParam }) => {
      const page = { limit: USERS_PER_PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return (await listUsers({ query: { ...query, ...page }, signal })).data;
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}
