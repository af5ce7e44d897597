import { useQuery } from "@tanstack/react-query";
import { productsQuery } from "@/features/products/api/listProducts";
import type { Pictured } from "@/features/products/components/ProductPicture";

const MOST_IDS = 100;

interface Line {
  product_id: string;
  name: string;
}

/** The pictures of ordered products; until they are known, and of unknown ones, drawn ones. */
export function usePictures(lines: readonly Line[]): (line: Line) => Pictured {
  const ids = [...new Set(lines.map((each) => each.product_id))]
    .toSorted()
    .slice(0, MOST_IDS)
    .join(",");
  const { data } = useQuery({
    ...productsQuery({ ids, limit: MOST_IDS }),
    enabled: ids !== "",
    staleTime: 5 * 60_000,
  });
  const byId = new Map(data?.products.map((each) => [each.id, each]));
  return (line) =>
    byId.get(line.product_id) ?? {
      id: line.product_id,
      name: line.name,
      categories: [],
      image_url: null,
    };
}
