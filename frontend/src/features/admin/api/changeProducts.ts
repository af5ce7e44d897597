import {
  type ChangeResultBody,
  type ItemProblem,
  type ProductChangeBody,
  changeProducts as request,
} from "@/api";
import { changeProductsRequestLimits as limits } from "@/api/generated/limits.gen";
import { asProblem } from "@/lib/problem";

/**
 * Change products. The server applies or refuses each change for itself.
 *
 * If a request after the first one fails, its changes and those that follow count as refused, so
 * that what was applied can be undone.
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
    try {
      const { data } = await request({
        body: { changes: changes.slice(start, start + limits.changes.maxItems) },
        headers: { "Idempotency-Key": `${key}.${start}` },
      });
      results.push(...data.results);
    } catch (error) {
      if (start === 0) throw error;
      const problem = toItemProblem(error);
      const rest = changes.slice(start);
      return [...results, ...rest.map(({ id }) => ({ id, outcome: "refused" as const, problem }))];
    }
  }
  return results;
}

function toItemProblem(error: unknown): ItemProblem {
  const { type, title, status, message } = asProblem(error);
  return { type, title, status, detail: message };
}
