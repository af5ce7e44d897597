import { queryOptions } from "@tanstack/react-query";
import { listParkedEvents } from "@/api";

/** What the provider of card payments reported and no order could be found for. */
export const parkedEventsQuery = queryOptions({
  queryKey: ["admin", "parked-events"],
  queryFn: async ({ signal }) => (await listParkedEvents({ signal })).data.events,
});
