import { useQuery } from "@tanstack/react-query";
import type { ProductBody } from "@/api";
import { productsQuery } from "@/features/products/api/listProducts";
import { formatMoney } from "@/lib/money";
import { useCart } from "./CartContext";
import type { CartLine } from "./cartStore";

/** A line beside what is true of its product now. */
export interface FreshLine extends CartLine {
  /** The price that counts: today's, where it is known. */
  price: number;
  /** How many there are to be had; null while that is not known. */
  available: number | null;
  change: { text: string; isBlocking: boolean } | null;
}

/** The cart's lines with today's prices and stock, asked for anew whenever they are shown. */
export function useFreshLines() {
  const { lines } = useCart();
  const ids = lines
    .map((each) => each.id)
    .toSorted()
    .join(",");
  const products = useQuery({
    ...productsQuery({ ids, limit: 100 }),
    enabled: ids !== "",
    staleTime: 0,
  });
  const byId = new Map(products.data?.products.map((each) => [each.id, each]));
  const isKnown = products.data !== undefined && !products.isPlaceholderData;
  const fresh = lines.map((line) => freshen(line, byId.get(line.id), isKnown));
  return {
    lines: fresh,
    isChecking: products.isFetching && ids !== "",
    /** Why today's prices and stock are not known. */
    error: ids === "" ? null : products.error,
    hasBlocking: fresh.some((each) => each.change?.isBlocking),
    refetch: products.refetch,
  };
}

export function freshen(
  line: CartLine,
  product: ProductBody | undefined,
  isKnown: boolean,
): FreshLine {
  if (!isKnown) return { ...line, available: null, change: null };
  if (!product || product.archived)
    return { ...line, available: 0, change: gone("No longer sold.") };
  const { name, categories, image_url, price, quantity: available } = product;
  const change = stockChange(line.quantity, available) ?? priceChange(line.price, price);
  return { ...line, name, categories, image_url, price, available, change };
}

function gone(text: string) {
  return { text, isBlocking: true };
}

function stockChange(wanted: number, available: number) {
  if (available === 0) return gone("Sold out since you added it.");
  return wanted > available ? gone(`Only ${available} left.`) : null;
}

function priceChange(seen: number, now: number) {
  if (seen === now) return null;
  const text = `The price is ${formatMoney(now)} now; it was ${formatMoney(seen)}.`;
  return { text, isBlocking: false };
}
