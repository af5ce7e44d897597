import { payOrder as request } from "@/api";

/** Return the page of the provider on which the shopper pays an order by card. */
export async function payOrder(id: string): Promise<string> {
  return (await request({ path: { order_id: id } })).data.url;
}
