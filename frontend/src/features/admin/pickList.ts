import type { AdminOrderBody } from "@/api";

export interface Pick {
  productId: string;
  name: string;
  quantity: number;
  /** The numbers of the orders that the product is for, with how much each needs. */
  orders: { number: string; quantity: number }[];
}

/** Return what to take from the shelves for orders, by the name of the product. */
export function picksOf(orders: readonly AdminOrderBody[]): Pick[] {
  const picks = new Map<string, Pick>();
  for (const order of orders) {
    const names = new Map(order.products.map((line) => [line.product_id, line.name]));
    for (const { product_id: productId, quantity } of order.open_lines) {
      const name = names.get(productId) ?? productId;
      const pick = picks.get(productId) ?? { productId, name, quantity: 0, orders: [] };
      pick.quantity += quantity;
      pick.orders.push({ number: order.number, quantity });
      picks.set(productId, pick);
    }
  }
  return [...picks.values()].toSorted((first, second) =>
    first.name.localeCompare(second.name, "en"),
  );
}
