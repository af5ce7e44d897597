import { useQuery } from "@tanstack/react-query";
import type { ProductBody } from "@/api";
import { productsQuery } from "../api/listProducts";
import { type CardAction, ProductGrid } from "./ProductGrid";

const PRODUCT_COUNT = 4;

interface Props {
  product: ProductBody;
  CardAction: CardAction;
}

export function MoreOfCategory({ product, CardAction }: Props) {
  const category = product.categories[0] ?? "";
  const { data } = useQuery({
    ...productsQuery({
      categoryName: category,
      sort: "newest",
      limit: PRODUCT_COUNT + 1,
      in_stock: true,
    }),
    enabled: category !== "",
  });
  const others =
    data?.products.filter((other) => other.id !== product.id).slice(0, PRODUCT_COUNT) ?? [];
  if (others.length === 0) return null;
  return (
    <section aria-labelledby="more-of">
      <div className="section-head">
        <h2 id="more-of">More in {category}</h2>
      </div>
      <ProductGrid products={others} CardAction={CardAction} />
    </section>
  );
}
