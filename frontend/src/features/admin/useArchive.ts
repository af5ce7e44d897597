import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ProductBody } from "@/api";
import { toast } from "@/components/toasts";
import { productQuery } from "@/features/products/api/getProduct";
import { asProblem } from "@/lib/problem";
import { archiveProduct } from "./api/archiveProduct";
import { changeProduct } from "./api/changeProduct";

/** Take a product off the shelf, with a way back, or put an archived one back. */
export function useArchive() {
  const queries = useQueryClient();
  const current = (id: string) => queries.fetchQuery({ ...productQuery(id), staleTime: 0 });
  const refresh = () => {
    queries.invalidateQueries({ queryKey: ["products"] });
    return queries.invalidateQueries({ queryKey: ["admin"] });
  };
  const onError = (error: Error) => toast(asProblem(error).message);

  const putBack = useMutation({
    mutationFn: async (id: string) =>
      changeProduct(id, { archived: false }, (await current(id)).etag),
    onSuccess: ({ product }) => {
      toast(`${product.name} is sold again.`);
      return refresh();
    },
    onError,
  });
  const archive = useMutation({
    mutationFn: async (product: ProductBody) =>
      archiveProduct(product.id, (await current(product.id)).etag),
    onSuccess: (_, product) => {
      toast(`Archived ${product.name}.`, () => putBack.mutate(product.id));
      return refresh();
    },
    onError,
  });
  return { archive: archive.mutate, putBack: putBack.mutate };
}
