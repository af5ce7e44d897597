import { useMutation, useQueryClient } from "@tanstack/react-query";
import Button from "react-bootstrap/Button";
import type { OrderBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { toast } from "@/components/toasts";
import { useCart } from "@/features/cart/CartContext";
import { addLine, cartStore } from "@/features/cart/cartStore";
import { productsQuery } from "@/features/products/api/listProducts";

/** What of a rejected order can still be had, back into the cart. */
export function PutBack({ order }: { order: OrderBody }) {
  const queries = useQueryClient();
  const { openDrawer } = useCart();
  const putting = useMutation({
    mutationFn: async () => {
      const ids = order.products.map((each) => each.product_id).join(",");
      const { products } = await queries.fetchQuery(productsQuery({ ids, limit: 100 }));
      const available = new Map(products.filter(isForSale).map((each) => [each.id, each]));
      const lines = order.products.filter((line) => available.has(line.product_id));
      for (const line of lines) {
        const product = available.get(line.product_id);
        const more = line.quantity - inCart(line.product_id);
        // Pressed twice it comes to the same.
        if (product && more > 0) addLine(product, more);
      }
      return lines.length;
    },
    onSuccess: (count) => {
      if (count > 0) openDrawer();
      else toast("None of these can be had just now.");
    },
  });
  return (
    <>
      <Button disabled={putting.isPending} onClick={() => putting.mutate()}>
        Put the rest back into my cart
      </Button>
      {putting.isError && <ErrorNotice error={putting.error} />}
    </>
  );
}

function inCart(id: string): number {
  return cartStore.get().lines.find((each) => each.id === id)?.quantity ?? 0;
}

function isForSale(product: { archived: boolean; quantity: number }): boolean {
  return !product.archived && product.quantity > 0;
}
