import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { ProductsBody } from "@/api";
import { Empty } from "@/components/Empty";
import { ErrorNotice } from "@/components/ErrorNotice";
import { FEW_LEFT } from "@/lib/settings";
import { useTitle } from "@/lib/useTitle";
import { productsQuery } from "../api/listProducts";
import { CategoryTiles } from "../components/CategoryTiles";
import { HeroPicture } from "../components/HeroPicture";
import { ProductGrid, ProductGridSkeleton } from "../components/ProductGrid";

const NEW_COUNT = 8;
const LAST_COUNT = 4;

export function HomePage() {
  useTitle(undefined);
  return (
    <div className="shop-width">
      <div className="hero">
        <div>
          <h1 tabIndex={-1}>Good things, and how many are left.</h1>
          <p className="muted">
            For the kitchen, the desk and the evening. What you see on a page is true at this
            moment.
          </p>
          <Link className="btn btn-primary" to="/products">
            Look around
          </Link>
        </div>
        <HeroPicture />
      </div>
      <CategoryTiles />
      <Shelf
        title="New"
        query={{ sort: "newest", limit: NEW_COUNT }}
        to="/products?sort=newest"
        count={NEW_COUNT}
        empty={
          <Empty icon="box" title="Nothing for sale yet">
            <p className="muted">What is new will be here first.</p>
          </Empty>
        }
      />
      <Shelf
        title="Nearly gone"
        query={{ in_stock: true, max_stock: FEW_LEFT, sort: "stock", limit: LAST_COUNT }}
        count={LAST_COUNT}
      />
    </div>
  );
}

interface ShelfProps {
  title: string;
  query: Parameters<typeof productsQuery>[0];
  count: number;
  to?: string;
  empty?: ReactNode;
}

function Shelf({ title, query, count, to, empty }: ShelfProps) {
  const list = useQuery(productsQuery(query));
  if (list.data?.products.length === 0) return empty;
  return (
    <section aria-label={title}>
      <div className="section-head">
        <h2>{title}</h2>
        {to && <Link to={to}>See all</Link>}
      </div>
      {shelfContent(list.data, count) ?? (
        <ErrorNotice error={list.error} onRetry={() => list.refetch()} />
      )}
    </section>
  );

  function shelfContent(data: ProductsBody | undefined, skeletons: number): ReactNode {
    if (data) return <ProductGrid products={data.products} />;
    return list.isError ? null : <ProductGridSkeleton count={skeletons} />;
  }
}
