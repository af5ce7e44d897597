import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ProductBody } from "@/api";
import { productQuery, type TaggedProduct } from "@/features/products/api/getProduct";
import { asProblem } from "@/lib/problem";
import { changeProduct } from "./api/changeProduct";
import { createProduct } from "./api/createProduct";
import { putPicture } from "./api/putPicture";
import {
  changesOf,
  type Draft,
  draftOf,
  EMPTY_DRAFT,
  priceOf,
  type Wrong,
  whatIsWrong,
} from "./productForm";

const STALE = 412;

/** The state of the form that makes or changes a product, and what saving it takes. */
export function useProductEditor(
  initial: TaggedProduct | null,
  onSaved: (product: ProductBody) => void,
) {
  const queries = useQueryClient();
  const [base, setBase] = useState(initial);
  const [draft, setDraft] = useState<Draft>(initial ? draftOf(initial.product) : EMPTY_DRAFT);
  const [picture, setPicture] = useState<Blob | null>(null);
  const [wrong, setWrong] = useState<Wrong>({});
  const [theirs, setTheirs] = useState<TaggedProduct | null>(null);

  const saving = useMutation({
    mutationFn: async () => {
      const saved = base ? await saveChanges(draft, base) : await createProduct(newProduct(draft));
      // From here on it exists: a picture that fails is tried again on it.
      setBase(await queries.fetchQuery({ ...productQuery(saved.id), staleTime: 0 }));
      return picture ? putPicture(saved.id, picture) : saved;
    },
    onSuccess: (product) => {
      queries.invalidateQueries({ queryKey: ["admin"] });
      queries.invalidateQueries({ queryKey: ["products"] });
      onSaved(product);
    },
    onError: async (error) => {
      const problem = asProblem(error);
      if (problem.status === STALE && base) {
        const fresh = queries.fetchQuery({ ...productQuery(base.product.id), staleTime: 0 });
        // Where even theirs can't be read, the refusal is shown, and saving again asks again.
        await fresh.then(setTheirs).catch(() => undefined);
      }
      setWrong(wrongOf(problem));
    },
  });

  function change(part: Partial<Draft>) {
    setDraft((current) => ({ ...current, ...part }));
  }
  function save() {
    const found = whatIsWrong(draft);
    setWrong(found);
    if (Object.keys(found).length === 0 && !saving.isPending) saving.mutate();
  }
  /** Go on from what someone else saved, with the chosen values in the form. */
  function settleConflict(chosen: Draft) {
    setBase(theirs);
    setDraft(chosen);
    setTheirs(null);
    saving.reset();
  }
  return { base, draft, change, picture, setPicture, wrong, saving, save, theirs, settleConflict };
}

async function saveChanges(draft: Draft, base: TaggedProduct): Promise<ProductBody> {
  const changes = changesOf(draft, base.product);
  if (Object.keys(changes).length === 0) return base.product;
  return (await changeProduct(base.product.id, changes, base.etag)).product;
}

function newProduct(draft: Draft) {
  return {
    name: draft.name.trim(),
    description: draft.description.trim(),
    price: priceOf(draft),
    quantity: Number(draft.quantity),
    categories: draft.categories,
  };
}

function wrongOf(problem: ReturnType<typeof asProblem>): Wrong {
  if (problem.type.endsWith("/name-taken")) return { name: problem.message };
  const fields = ["name", "description", "price", "quantity", "categories"] as const;
  return Object.fromEntries(
    fields.flatMap((name) => (problem.field(name) ? [[name, problem.field(name)]] : [])),
  );
}
