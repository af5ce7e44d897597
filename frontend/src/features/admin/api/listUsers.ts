import { infiniteQueryOptions } from "@tanstack/react-query";
import { listUsers } from "@/api";

const USERS_PER_PAGE = 50;

export const usersQuery = infiniteQueryOptions({
  queryKey: ["admin", "users"],
  queryFn: async ({ signal, pageParam }) => {
    const query = { limit: USERS_PER_PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
    return (await listUsers({ query, signal })).data;
  },
  initialPageParam: "",
  getNextPageParam: (page) => page.next_cursor,
});
