import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ProductBody } from "@/api";
import { productsQuery } from "./api/listProducts";

const MAX_SUGGESTIONS = 6;
const NONE: ProductBody[] = [];

export function useSuggestions(text: string): ProductBody[] {
  const q = text.trim();
  const { data } = useQuery({
    ...productsQuery({ q, limit: MAX_SUGGESTIONS }),
    enabled: q !== "",
    placeholderData: keepPreviousData,
  });
  return q === "" ? NONE : (data?.products ?? NONE);
}
