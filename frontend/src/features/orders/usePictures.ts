import { useQuery } from "@tanstack/react-query";
import { listProductsQueryLimits } from "@/api/generated/limits.gen";
import type { PicturedProduct } from "@/components/ProductPicture";
import { productsQuery } from "@/features/products/api/listProducts";

const MAX_IDS = listProductsQueryLimits.limit.maximum;

interface Line {
  product_id: string;
  name: string;
}

/** Return the pictures of ordered products. Until they have loaded, lines get generated ones. */
export function usePictures(lines: readonly Line[]): (line: Line) => PicturedProduct {
  const ids = [...new Set(lines.map((line) => line.product_id))]
    .toSorted()
    .slice(0, MAX_IDS)
    .join(",");
  const { data } = useQuery({
    ...productsQuery({ ids, limit: MAX_IDS }),
    enabled: ids !== "",
    staleTime: 5 * 60_000,
  });
  const byId = new Map(data?.products.map((product) => [product.id, product]));
  return (line) =>
    byId.get(line.product_id) ?? {
      id: line.product_id,
      name: line.name,
      categories: [],
      image_url: null,
    };
}
