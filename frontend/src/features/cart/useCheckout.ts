import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import type { LineRequest } from "@/api";
import { orderQuery } from "@/features/orders/api/getOrder";
import { placeOrder } from "@/features/orders/api/placeOrder";
import { asProblem } from "@/lib/problem";
import { randomKey } from "@/lib/randomKey";
import { useCart } from "./CartContext";
import { type Attempt, cartStore, removeOrdered, setAttempt } from "./cartStore";
import type { FreshLine } from "./useFreshLines";

interface Submission {
  products: LineRequest[];
  attempt: Attempt;
}

/**
 * Place the cart as one order.
 *
 * The idempotency key belongs to these lines and this user, and it is stored before the first
 * request. A second click, a retry, and a reload after a timeout therefore all give the same order.
 */
export function useCheckout(lines: FreshLine[], email: string, refetch: () => void) {
  const { attempt } = useCart();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const products = lines.map(({ id, quantity, price }): LineRequest => ({ id, quantity, price }));
  const fingerprint = JSON.stringify([email, products]);

  const placing = useMutation({
    // The cart may change before the response, so the handlers get the lines that were sent.
    mutationFn: (sent: Submission) => {
      setAttempt({ ...sent.attempt, wasSent: true });
      return placeOrder(sent.products, sent.attempt.key);
    },
    onSuccess: (order, sent) => {
      removeOrdered(sent.products);
      setAttempt(null);
      queries.setQueryData(orderQuery(order.id).queryKey, order);
      queries.invalidateQueries({ queryKey: ["orders", "list"] });
      queries.invalidateQueries({ queryKey: ["products"], refetchType: "none" });
      navigate(`/orders/${order.id}`, { replace: true });
    },
    onError: (error, sent) => {
      // If the server refused the order, there is none, and a retry may use the same key.
      if (!asProblem(error).isUncertain) setAttempt({ ...sent.attempt, wasSent: false });
      refetch();
    },
  });
  return {
    placing,
    place: () => placing.mutate({ products, attempt: attemptFor(fingerprint) }),
    /** Whether an earlier, different order may have been placed without a response. */
    hasUnconfirmedOrder:
      attempt?.wasSent === true && attempt.fingerprint !== fingerprint && lines.length > 0,
    lineError: (id: string) => {
      // Errors name the position among the sent lines; the cart may have changed since.
      const index = placing.variables?.products.findIndex((line) => line.id === id);
      const errors = placing.error ? asProblem(placing.error).errors : [];
      return errors.find((error) => error.field === `products.${index}`)?.message;
    },
  };
}

function attemptFor(fingerprint: string): Attempt {
  const { attempt } = cartStore.get();
  if (attempt?.fingerprint === fingerprint) return attempt;
  return { key: randomKey(), fingerprint, wasSent: false };
}
