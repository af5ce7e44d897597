import { infiniteQueryOptions } from "@tanstack/react-query";
import { listMailsAuthentication, listMailsOrders, type MailStatus } from "@/api";

/** The service that sends the mail. */
export type MailOwner = "authentication" | "orders";

const LIST = { authentication: listMailsAuthentication, orders: listMailsOrders };

export function mailsQuery(owner: MailOwner, status: MailStatus) {
  return infiniteQueryOptions({
    queryKey: ["admin", "mails", owner, status],
    queryFn: async ({ signal, pageParam }) => {
      const query = { status, ...(pageParam ? { cursor: pageParam } : {}) };
      return (await LIST[owner]({ query, signal })).data;
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}
