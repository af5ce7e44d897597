import type { ComponentType } from "react";
import type { ProductBody } from "@/api";
import { Skeleton } from "@/components/Skeleton";
import { ProductCard } from "./ProductCard";

/** What a product card offers below the product, such as a button that adds it to the cart. */
export type CardAction = ComponentType<{ product: ProductBody }>;

const FIRST_ROW = 4;

interface Props {
  products: readonly ProductBody[];
  /** Whether the first row is visible without scrolling. */
  isFirst?: boolean;
  CardAction: CardAction;
}

export function ProductGrid({ products, isFirst = false, CardAction }: Props) {
  return (
    <ul className="product-grid plain-list">
      {products.map((product, index) => (
        <ProductCard
          key={product.id}
          product={product}
          eager={isFirst && index < FIRST_ROW}
          Action={CardAction}
        />
      ))}
    </ul>
  );
}

export function ProductGridSkeleton({ count }: { count: number }) {
  return (
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
  );
}
