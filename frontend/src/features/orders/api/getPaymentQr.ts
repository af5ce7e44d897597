import { queryOptions } from "@tanstack/react-query";
import { getPaymentQr, type OrderBody } from "@/api";

/** The picture of the transfer that is due, as an address of an image. */
export function paymentQrQuery({ id, payment }: OrderBody) {
  return queryOptions({
    queryKey: ["orders", "payment-qr", id, payment.open],
    queryFn: async ({ signal }) => {
      const { data } = await getPaymentQr({ path: { order_id: id }, signal });
      return `data:image/svg+xml,${encodeURIComponent(await data.text())}`;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}
