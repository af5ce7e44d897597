import { type ChangeResultBody, type ProductChangeBody, changeProducts as request } from "@/api";
import { changeProductsRequestLimits as limits } from "@/api/generated/limits.gen";

/**
 * Change products. The server applies or refuses each change for itself.
 *
 * Args:
 *   changes: The changes, at most one for each product.
 *   key: A key of this call. If a call with the same key is repeated, no change counts twice.
 */
export async function changeProducts(
  changes: readonly ProductChangeBody[],
  key: string,
): Promise<ChangeResultBody[]> {
  const results: ChangeResultBody[] = [];
  for (let start = 0; start < changes.length; start += limits.changes.maxItems) {
    const { data } = await request({
      body: { changes: changes.slice(start, start + limits.changes.maxItems) },
      headers: { "Idempotency-Key": `${key}.${start}` },
    });
    results.push(...data.results);
  }
  return results;
}
