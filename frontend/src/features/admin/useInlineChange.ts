import { useQueryClient } from "@tanstack/react-query";
import * as z from "zod/mini";
import type { AdminProductBody } from "@/api";
import { newProductBodyLimits as limits } from "@/api/generated/limits.gen";
import { toast } from "@/components/toastStore";
import { randomKey } from "@/lib/randomKey";
import { price, wholeNumber } from "@/lib/validation";
import { changeProducts } from "./api/changeProducts";
import { type BulkAction, planChange } from "./bulk";

const SCHEMAS = {
  "price-set": price(limits.price),
  "stock-set": wholeNumber(
    limits.quantity,
    `Enter a whole number from 0 to ${limits.quantity.maximum.toLocaleString("en")}.`,
  ),
};

/** Return a function that sets a product's price or stock to a text, and returns what is wrong. */
export function useInlineChange() {
  const queries = useQueryClient();
  return async (
    product: AdminProductBody,
    name: keyof typeof SCHEMAS,
    text: string,
  ): Promise<string | null> => {
    const value = z.safeParse(SCHEMAS[name], text);
    if (!value.success) return value.error.issues[0]?.message ?? "Enter a number.";
    const action: BulkAction = { name, value: value.data };
    const { change, after, error } = planChange(product, action);
    if (!change) return error ?? null;
    const [result] = await changeProducts([change], randomKey());
    queries.invalidateQueries({ queryKey: ["products"] });
    await queries.invalidateQueries({ queryKey: ["admin"] });
    if (result?.problem) return result.problem.detail;
    toast(`${product.name}: ${name === "price-set" ? after : `${after} in stock`}.`);
    return null;
  };
}
