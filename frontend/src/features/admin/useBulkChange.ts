import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { AdminProductBody, ProductChangeBody } from "@/api";
import { asProblem } from "@/lib/problem";
import { randomKey } from "@/lib/randomKey";
import { changeProducts } from "./api/changeProducts";
import { appliedChanges, type Refusal, refusalsOf, undoOf } from "./bulk";

interface Request {
  products: readonly AdminProductBody[];
  changes: readonly ProductChangeBody[];
  key: string;
  isUndo?: boolean;
}

/** What a request has done. */
export interface BulkOutcome {
  isUndo: boolean;
  applied: number;
  refusals: Refusal[];
  /** The request that undoes it, or null if nothing can be undone. */
  undo: Request | null;
}

/** Return functions that change several products and undo the last change, and its outcome. */
export function useBulkChange() {
  const queries = useQueryClient();
  const [outcome, setOutcome] = useState<BulkOutcome | null>(null);
  const changing = useMutation({
    mutationFn: ({ changes, key }: Request) => changeProducts(changes, key),
    onSuccess: (results, { products, changes, isUndo = false }) => {
      const applied = appliedChanges(products, results);
      const requests = new Map(changes.map((change) => [change.id, change]));
      const undo = applied.flatMap((change) => {
        const request = requests.get(change.before.id);
        return request ? [undoOf(request, change)] : [];
      });
      setOutcome({
        isUndo,
        applied: applied.length,
        refusals: refusalsOf(products, results),
        undo:
          isUndo || undo.length === 0
            ? null
            : {
                products: applied.map(({ after }) => after),
                changes: undo,
                key: randomKey(),
                isUndo: true,
              },
      });
    },
    onSettled: () => {
      queries.invalidateQueries({ queryKey: ["products"] });
      return queries.invalidateQueries({ queryKey: ["admin"] });
    },
  });
  return {
    change: changing.mutateAsync,
    isPending: changing.isPending,
    error: changing.isError ? asProblem(changing.error) : null,
    reset: changing.reset,
    outcome,
    dismiss: () => setOutcome(null),
  };
}
