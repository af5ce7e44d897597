import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import type { LineRequest } from "@/api";
import { orderQuery } from "@/features/orders/api/getOrder";
import { placeOrder } from "@/features/orders/api/placeOrder";
import { asProblem } from "@/lib/problem";
import { randomKey } from "@/lib/randomKey";
import { useCart } from "./CartContext";
import { type Attempt, cartStore, setAttempt, takeOut } from "./cartStore";
import type { FreshLine } from "./useFreshLines";

interface Sent {
  products: LineRequest[];
  attempt: Attempt;
}

/**
 * Place what is in the cart as one order.
 *
 * The key is made once for these very lines and this person and is stored before it is first sent:
 * pressing twice, trying again and reloading after a time-out all come to the same order.
 */
export function useCheckout(lines: FreshLine[], email: string, refetch: () => void) {
  const { attempt } = useCart();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const products = lines.map(({ id, quantity, price }): LineRequest => ({ id, quantity, price }));
  const fingerprint = JSON.stringify([email, products]);

  const placing = useMutation({
    // What is sent is handed on: by the answer the cart may be another.
    mutationFn: (sent: Sent) => {
      setAttempt({ ...sent.attempt, wasSent: true });
      return placeOrder(sent.products, sent.attempt.key);
    },
    onSuccess: (order, sent) => {
      takeOut(sent.products);
      setAttempt(null);
      queries.setQueryData(orderQuery(order.id).queryKey, order);
      queries.invalidateQueries({ queryKey: ["orders", "list"] });
      queries.invalidateQueries({ queryKey: ["products"], refetchType: "none" });
      navigate(`/orders/${order.id}`, { replace: true });
    },
    onError: (error, sent) => {
      // A clear no means that there is no order; the key can stay for the next try.
      if (!asProblem(error).isUncertain) setAttempt({ ...sent.attempt, wasSent: false });
      refetch();
    },
  });
  return {
    placing,
    place: () => placing.mutate({ products, attempt: attemptFor(fingerprint) }),
    /** An earlier, different order may have gone through unseen. */
    isDoubtful:
      attempt?.wasSent === true && attempt.fingerprint !== fingerprint && lines.length > 0,
    lineError: (id: string) => {
      // By its place among the lines that were sent: the cart may be another by now.
      const place = placing.variables?.products.findIndex((each) => each.id === id);
      const errors = placing.error ? asProblem(placing.error).errors : [];
      return errors.find((each) => each.field === `products.${place}`)?.message;
    },
  };
}

function attemptFor(fingerprint: string): Attempt {
  const { attempt } = cartStore.get();
  if (attempt?.fingerprint === fingerprint) return attempt;
  return { key: randomKey(), fingerprint, wasSent: false };
}
