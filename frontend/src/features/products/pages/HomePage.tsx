import { Link } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { LOW_STOCK } from "@/lib/settings";
import { useTitle } from "@/lib/useTitle";
import { CategoryTiles } from "../components/CategoryTiles";
import { HeroPicture } from "../components/HeroPicture";
import type { CardAction } from "../components/ProductGrid";
import { ProductShelf } from "../components/ProductShelf";

const NEWEST = { sort: "newest", limit: 8 } as const;
const ALMOST_GONE = { in_stock: true, max_stock: LOW_STOCK, sort: "stock", limit: 4 } as const;

export function HomePage({ CardAction }: { CardAction: CardAction }) {
  useTitle(undefined);
  return (
    <div className="shop-width">
      <div className="hero">
        <div>
          <h1 tabIndex={-1}>Well-made things for your home.</h1>
          <p className="muted">
            For your kitchen, your desk and your evenings. Prices and stock are always up to date.
          </p>
          <Link className="btn btn-primary" to="/products">
            Shop all products
          </Link>
        </div>
        <HeroPicture />
      </div>
      <ProductShelf
        title="New arrivals"
        query={NEWEST}
        to="/products?sort=newest"
        empty={
          <EmptyState icon="box" title="No products yet">
            <p className="muted">New products will appear here.</p>
          </EmptyState>
        }
        isFirst
        CardAction={CardAction}
      />
      <CategoryTiles />
      <ProductShelf title="Almost gone" query={ALMOST_GONE} CardAction={CardAction} />
    </div>
  );
}
