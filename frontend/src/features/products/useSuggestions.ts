import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ProductBody } from "@/api";
import { pluralize } from "@/lib/text";
import { productsQuery } from "./api/listProducts";

const MAX_SUGGESTIONS = 6;
const NONE: ProductBody[] = [];

interface Suggestions {
  products: ProductBody[];
  /** How many there are, for screen readers. Empty while they load. */
  status: string;
}

export function useSuggestions(text: string): Suggestions {
  const q = text.trim();
  const { data, isPlaceholderData } = useQuery({
    ...productsQuery({ q, limit: MAX_SUGGESTIONS }),
    enabled: q !== "",
    placeholderData: keepPreviousData,
  });
  if (q === "" || !data) return { products: NONE, status: "" };
  return {
    products: data.products,
    status: isPlaceholderData ? "" : statusOf(data.products.length, q),
  };
}

function statusOf(count: number, q: string): string {
  if (count === 0) return `No products found for “${q}”.`;
  return `${pluralize(count, "suggestion")}. Use the arrow keys to choose.`;
}
