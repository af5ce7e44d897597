import { useQuery } from "@tanstack/react-query";
import type { ProductBody } from "@/api";
import { productsQuery } from "../api/listProducts";
import { ProductGrid } from "./ProductGrid";

const SHOWN = 4;

export function MoreOfCategory({ product }: { product: ProductBody }) {
  const category = product.categories[0] ?? "";
  const { data } = useQuery({
    ...productsQuery({ categoryName: category, sort: "newest", limit: SHOWN + 1, in_stock: true }),
    enabled: category !== "",
  });
  const others = data?.products.filter((each) => each.id !== product.id).slice(0, SHOWN) ?? [];
  if (others.length === 0) return null;
  return (
    <section aria-labelledby="more-of">
      <div className="section-head">
        <h2 id="more-of">More in {category}</h2>
      </div>
      <ProductGrid products={others} />
    </section>
  );
}
