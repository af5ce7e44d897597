import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { ErrorNotice } from "@/components/ErrorNotice";
import { type ProductQuery, productsQuery } from "../api/listProducts";
import { type CardAction, ProductGrid, ProductGridSkeleton } from "./ProductGrid";

interface Props {
  title: string;
  query: ProductQuery & { limit: number };
  /** The page that shows all of these products. */
  to?: string;
  /** Shown instead of the shelf if there are no products. */
  empty?: ReactNode;
  /** Whether it is the first shelf of its page. */
  isFirst?: boolean;
  CardAction: CardAction;
}

/** A titled row of products. */
export function ProductShelf({ title, query, to, empty, isFirst = false, CardAction }: Props) {
  const { data, error, refetch } = useQuery(productsQuery(query));
  if (data?.products.length === 0) return empty;
  return (
    <section aria-label={title}>
      <div className="section-head">
        <h2>{title}</h2>
        {to && <Link to={to}>See all</Link>}
      </div>
      {data && <ProductGrid products={data.products} isFirst={isFirst} CardAction={CardAction} />}
      {error && !data && <ErrorNotice error={error} onRetry={() => refetch()} />}
      {!data && !error && <ProductGridSkeleton count={query.limit} />}
    </section>
  );
}
