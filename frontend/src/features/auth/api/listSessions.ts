import { queryOptions } from "@tanstack/react-query";
import { listSessions } from "@/api";

export const sessionsQuery = queryOptions({
  queryKey: ["me", "sessions"],
  queryFn: async ({ signal }) => (await listSessions({ signal })).data.sessions,
});
