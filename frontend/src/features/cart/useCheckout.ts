import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import type { LineRequest } from "@/api";
import { orderQuery } from "@/features/orders/api/getOrder";
import { placeOrder } from "@/features/orders/api/placeOrder";
import { asProblem } from "@/lib/problem";
import { randomKey } from "@/lib/randomKey";
import { useCart } from "./CartContext";
import { cartStore, setAttempt, takeOut } from "./cartStore";
import type { FreshLine } from "./useFreshLines";

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
    mutationFn: () => {
      const key = keyFor(fingerprint);
      setAttempt({ key, fingerprint, wasSent: true });
      return placeOrder(products, key);
    },
    onSuccess: (order) => {
      takeOut(products);
      setAttempt(null);
      queries.setQueryData(orderQuery(order.id).queryKey, order);
      queries.invalidateQueries({ queryKey: ["orders", "list"] });
      queries.invalidateQueries({ queryKey: ["products"], refetchType: "none" });
      navigate(`/orders/${order.id}`, { replace: true });
    },
    onError: (error) => {
      // A clear no means that there is no order; the key can stay for the next try.
      if (!asProblem(error).isUncertain)
        setAttempt({ key: keyFor(fingerprint), fingerprint, wasSent: false });
      refetch();
    },
  });
  return {
    placing,
    /** An earlier, different order may have gone through unseen. */
    isDoubtful:
      attempt?.wasSent === true && attempt.fingerprint !== fingerprint && lines.length > 0,
    lineError: (index: number) =>
      placing.error &&
      asProblem(placing.error).errors.find((each) => each.field === `products.${index}`)?.message,
  };
}

function keyFor(fingerprint: string): string {
  const { attempt } = cartStore.get();
  return attempt?.fingerprint === fingerprint ? attempt.key : randomKey();
}
