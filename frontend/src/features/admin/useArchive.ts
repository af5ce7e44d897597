import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ProductBody } from "@/api";
import { toast } from "@/components/toastStore";
import { productQuery } from "@/features/products/api/getProduct";
import { asProblem } from "@/lib/problem";
import { archiveProduct } from "./api/archiveProduct";
import { changeProduct } from "./api/changeProduct";

/** Return functions that archive a product, with Undo, and restore an archived one. */
export function useArchive() {
  const queries = useQueryClient();
  const fetchCurrent = (id: string) => queries.fetchQuery({ ...productQuery(id), staleTime: 0 });
  const refresh = () => {
    queries.invalidateQueries({ queryKey: ["products"] });
    return queries.invalidateQueries({ queryKey: ["admin"] });
  };
  const onError = (error: Error) => toast(asProblem(error).message);

  const restore = useMutation({
    mutationFn: async (id: string) =>
      changeProduct(id, { archived: false }, (await fetchCurrent(id)).etag),
    onSuccess: ({ product }) => {
      toast(`Restored ${product.name}.`);
      return refresh();
    },
    onError,
  });
  const archive = useMutation({
    mutationFn: async (product: ProductBody) =>
      archiveProduct(product.id, (await fetchCurrent(product.id)).etag),
    onSuccess: (_, product) => {
      toast(`Archived ${product.name}.`, () => restore.mutate(product.id));
      return refresh();
    },
    onError,
  });
  return { archive: archive.mutate, restore: restore.mutate };
}
