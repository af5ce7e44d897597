import type { ComponentType, Ref } from "react";
import type { ProductBody } from "@/api";
import { Skeleton } from "@/components/Skeleton";
import { WhileLoading } from "@/components/WhileLoading";
import { ProductCard } from "./ProductCard";

/** What a product card offers below the product, such as a button that adds it to the cart. */
export type CardAction = ComponentType<{ product: ProductBody }>;

const FIRST_ROW = 4;

// The width of a card: that of the page or of the column beside the filters, without padding and
// gaps, divided by the number of cards in a row (styles/_catalogue).
const NARROW = "(min-width: 768px) calc(25vw - 23px), calc(50vw - 23px)";
const SIZES = {
  page: `(min-width: 1288px) 292px, (min-width: 992px) calc(25vw - 30px), ${NARROW}`,
  column: `(min-width: 1288px) 230px, (min-width: 1200px) calc(25vw - 92px), (min-width: 992px) calc(33vw - 115px), ${NARROW}`,
};

interface Props {
  ref?: Ref<HTMLUListElement>;
  products: readonly ProductBody[];
  /** Whether the grid is as wide as the page, or as the column beside the filters. */
  width?: keyof typeof SIZES;
  /** Whether the first row is visible without scrolling. */
  isFirst?: boolean;
  CardAction: CardAction;
}

export function ProductGrid(props: Props) {
  const { ref, products, width = "page", isFirst = false, CardAction } = props;
  return (
    <ul ref={ref} className="product-grid plain-list">
      {products.map((product, index) => (
        <ProductCard
          key={product.id}
          product={product}
          sizes={SIZES[width]}
          eager={isFirst && index < FIRST_ROW}
          Action={CardAction}
        />
      ))}
    </ul>
  );
}

export function ProductGridSkeleton({ count }: { count: number }) {
  return (
    <WhileLoading>
      <div className="product-grid" role="status" aria-label="Loading products">
        {Array.from({ length: count }, (_, index) => index).map((index) => (
          <div key={index} className="product-card">
            <span className="well skeleton" />
            <span className="product-name">
              <Skeleton width="70%" height="1.25rem" />
            </span>
            <Skeleton width="35%" height="1.5rem" />
            <Skeleton height="44px" />
          </div>
        ))}
      </div>
    </WhileLoading>
  );
}
