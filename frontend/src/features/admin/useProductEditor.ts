import { zodResolver } from "@hookform/resolvers/zod";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useForm } from "react-hook-form";
import type { ProductBody } from "@/api";
import { type ProductWithEtag, productQuery } from "@/features/products/api/getProduct";
import type { Problem } from "@/lib/problem";
import { useFormSubmit } from "@/lib/useFormSubmit";
import { changeProduct } from "./api/changeProduct";
import { createProduct } from "./api/createProduct";
import { putPicture } from "./api/putPicture";
import {
  type ConflictField,
  EMPTY_DRAFT,
  findChanges,
  type ProductValues,
  productSchema,
  toDraft,
} from "./productForm";
import { useChosenPicture } from "./useChosenPicture";

const PRECONDITION_FAILED = 412;

interface EditConflict {
  values: ProductValues;
  base: ProductBody;
  saved: ProductWithEtag;
}

/** Return the state of the product form and what saving it involves. */
export function useProductEditor(
  initial: ProductWithEtag | null,
  onSaved: (product: ProductBody) => void,
) {
  const queries = useQueryClient();
  const [base, setBase] = useState(initial);
  const chosen = useChosenPicture();
  const [conflict, setConflict] = useState<EditConflict | null>(null);
  const form = useForm({
    resolver: zodResolver(productSchema),
    defaultValues: initial ? toDraft(initial.product) : EMPTY_DRAFT,
  });
  const isSaved = useRef(false);
  // React Hook Form only tracks what is read while rendering.
  const { isDirty } = form.formState;
  const fetchCurrent = (id: string) => queries.fetchQuery({ ...productQuery(id), staleTime: 0 });

  const saving = useFormSubmit({
    form,
    send: async (values): Promise<ProductBody> => {
      const picture = await chosen.prepared();
      const product = base ? await saveChanges(values, base) : await createProduct(values);
      // The product exists from here on, so a retry after a failed upload must not create another.
      setBase(await fetchCurrent(product.id));
      return picture ? putPicture(product.id, picture) : product;
    },
    onSuccess: (product) => {
      queries.invalidateQueries({ queryKey: ["admin"] });
      queries.invalidateQueries({ queryKey: ["products"] });
      isSaved.current = true;
      onSaved(product);
    },
    onError: async (problem, values) => {
      if (problem.status !== PRECONDITION_FAILED || !base) return;
      // If the saved version can't be fetched, the form shows the refusal, and saving tries again.
      const saved = await fetchCurrent(base.product.id).catch(() => null);
      if (saved) setConflict({ values, base: base.product, saved });
    },
    fieldMessage,
  });

  /** Continue from the saved version, with the fields in `mine` from this form. */
  function resolveConflict(saved: ProductWithEtag, mine: readonly ConflictField[]) {
    const draft = form.getValues();
    const kept = Object.fromEntries(mine.map((field) => [field, draft[field]]));
    setBase(saved);
    form.reset({ ...toDraft(saved.product), ...kept });
    setConflict(null);
    saving.reset();
  }
  const hasChanges = () => !isSaved.current && (isDirty || chosen.picture !== null);
  return { form, base, chosen, hasChanges, saving, conflict, resolveConflict };
}

async function saveChanges(values: ProductValues, base: ProductWithEtag): Promise<ProductBody> {
  const changes = findChanges(values, base.product);
  if (Object.keys(changes).length === 0) return base.product;
  return (await changeProduct(base.product.id, changes, base.etag)).product;
}

function fieldMessage(problem: Problem, field: string): string | undefined {
  const isNameTaken = problem.type.endsWith("/name-taken");
  return isNameTaken && field === "name" ? problem.message : problem.field(field);
}
