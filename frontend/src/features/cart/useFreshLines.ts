import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ProductBody } from "@/api";
import { formatMoney } from "@/lib/money";
import { cartProductsQuery } from "./api/getCartProducts";
import { useCart } from "./CartContext";
import type { CartLine } from "./cartStore";

/** A line of the cart, compared with the current state of its product. */
export interface FreshLine extends CartLine {
  /** The current price, if it is known. */
  price: number;
  /** The number in stock; null if it is not known yet. */
  available: number | null;
  change: LineChange | null;
}

interface LineChange {
  text: string;
  /** Whether the line can't be ordered until the shopper changes it. */
  isBlocking: boolean;
}

/** Return the cart's lines with current prices and stock, which are fetched on every mount. */
export function useFreshLines() {
  const { lines } = useCart();
  const queries = useQueryClient();
  const ids = lines.map((line) => line.id);
  const query = cartProductsQuery(ids);
  const products = useQuery({
    ...query,
    enabled: ids.length > 0,
    staleTime: 0,
  });

  /** Fetch again. Cancel a fetch in progress, because its response may be out of date. */
  async function refetch() {
    await queries.cancelQueries({ queryKey: query.queryKey, exact: true });
    await products.refetch();
  }

  const byId = new Map(products.data?.map((product) => [product.id, product]));
  const isKnown = products.data !== undefined;
  const freshLines = lines.map((line) => freshen(line, byId.get(line.id), isKnown));
  return {
    lines: freshLines,
    isChecking: products.isFetching && ids.length > 0,
    /** Whether the check waits until the browser is online. */
    isWaiting: products.isPaused && ids.length > 0,
    /** Why current prices and stock are not known. */
    error: ids.length === 0 ? null : products.error,
    hasBlocking: freshLines.some((line) => line.change?.isBlocking),
    refetch,
  };
}

/** Compare a line with its product; `isKnown` is whether the products have been fetched. */
export function freshen(
  line: CartLine,
  product: ProductBody | undefined,
  isKnown: boolean,
): FreshLine {
  if (!isKnown) return { ...line, available: null, change: null };
  if (!product || product.archived)
    return { ...line, available: 0, change: blockingChange("No longer available.") };
  const { name, categories, image_url, price, quantity: available } = product;
  const change = stockChange(line.quantity, available) ?? priceChange(line.price, price);
  return { ...line, name, categories, image_url, price, available, change };
}

function blockingChange(text: string): LineChange {
  return { text, isBlocking: true };
}

function stockChange(quantity: number, available: number): LineChange | null {
  if (available === 0) return blockingChange("Sold out.");
  return quantity > available ? blockingChange(`Only ${available} left.`) : null;
}

function priceChange(oldPrice: number, newPrice: number): LineChange | null {
  if (oldPrice === newPrice) return null;
  const text = `Price changed from ${formatMoney(oldPrice)} to ${formatMoney(newPrice)}.`;
  return { text, isBlocking: false };
}
