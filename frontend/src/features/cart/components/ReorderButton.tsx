import { useMutation, useQueryClient } from "@tanstack/react-query";
import Button from "react-bootstrap/Button";
import type { OrderBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { toast } from "@/components/toastStore";
import { cartProductsQuery } from "../api/getCartProducts";
import { useCart } from "../CartContext";
import { addLine, cartStore } from "../cartStore";

/** Adds the products of a rejected order that are still available to the cart. */
export function ReorderButton({ order }: { order: OrderBody }) {
  const queries = useQueryClient();
  const { openDrawer } = useCart();
  const reordering = useMutation({
    mutationFn: async () => {
      const ids = order.products.map((line) => line.product_id);
      const products = await queries.fetchQuery({
        ...cartProductsQuery(ids),
        networkMode: "always",
      });
      const available = products.filter((product) => !product.archived && product.quantity > 0);
      for (const product of available) {
        const ordered = order.products.find((line) => line.product_id === product.id);
        const missing = (ordered?.quantity ?? 0) - quantityInCart(product.id);
        // A second click must not add the products again.
        if (missing > 0) addLine(product, missing);
      }
      return available.length;
    },
    onSuccess: (count) => {
      if (count > 0) openDrawer();
      else toast("None of these items are available right now.");
    },
  });
  return (
    <>
      <Button disabled={reordering.isPending} onClick={() => reordering.mutate()}>
        Add available items to cart
      </Button>
      {reordering.isError && <ErrorNotice error={reordering.error} />}
    </>
  );
}

function quantityInCart(id: string): number {
  return cartStore.get().lines.find((line) => line.id === id)?.quantity ?? 0;
}
