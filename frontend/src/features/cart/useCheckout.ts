import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import type { LineRequest, OrderBody } from "@/api";
import { orderQuery } from "@/features/orders/api/getOrder";
import { placeOrder } from "@/features/orders/api/placeOrder";
import { withLock } from "@/lib/lock";
import { asProblem, Problem } from "@/lib/problem";
import { useCart } from "./CartContext";
import { cartKey, completeOrder, startNewOrder } from "./cartStore";
import type { FreshLine } from "./useFreshLines";

const LOCK = "kiosk-checkout";

interface Submission {
  products: LineRequest[];
  key: string;
}

/**
 * Place the cart as one order.
 *
 * The idempotency key belongs to the cart, in every tab, until an order is placed. A second click, a
 * retry, a reload after a timeout and another tab therefore all give the same order.
 */
export function useCheckout(lines: FreshLine[], check: () => Promise<void>) {
  const { key } = useCart();
  const queries = useQueryClient();
  const navigate = useNavigate();

  const placing = useMutation({
    mutationFn: (sent: Submission) => withLock(LOCK, () => submit(sent)),
    onSuccess: (order) => {
      queries.setQueryData(orderQuery(order.id).queryKey, order);
      queries.invalidateQueries({ queryKey: ["orders", "list"] });
      queries.invalidateQueries({ queryKey: ["products"], refetchType: "none" });
      navigate(`/orders/${order.id}`, { replace: true });
    },
    // Not awaited: while the browser is offline, the refetch waits.
    onError: () => void check(),
  });
  return {
    placing,
    place: () =>
      placing.mutate({
        products: lines.map(({ id, quantity, price }): LineRequest => ({ id, quantity, price })),
        // The key that was stored with these lines.
        key: key ?? cartKey(),
      }),
    /** Whether this cart was ordered before with other lines or prices. */
    isAlreadyOrdered: asProblem(placing.error).type.endsWith("/idempotency-key-reused"),
    orderAgain: () => {
      startNewOrder();
      placing.reset();
    },
    lineError: (id: string) => {
      // Errors name the position among the sent lines; the cart may have changed since.
      const index = placing.variables?.products.findIndex((line) => line.id === id);
      const errors = placing.error ? asProblem(placing.error).errors : [];
      return errors.find((error) => error.field === `products.${index}`)?.message;
    },
  };
}

async function submit({ products, key }: Submission): Promise<OrderBody> {
  if (cartKey() !== key) {
    throw new Problem({
      title: "This cart was ordered in another tab",
      detail: "Check your orders before you order again.",
    });
  }
  const order = await placeOrder(products, key);
  // The cart may have changed during the request, so only what was sent is removed.
  completeOrder(key, products);
  return order;
}
