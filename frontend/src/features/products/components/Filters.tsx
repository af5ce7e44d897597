import { useQuery } from "@tanstack/react-query";
import { lazy, type Ref, Suspense } from "react";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Skeleton, SkeletonRows } from "@/components/Skeleton";
import { WhileLoading } from "@/components/WhileLoading";
import { capitalize } from "@/lib/text";
import { categoryNamesQuery } from "../api/listCategories";
import type { CatalogueParams } from "../catalogueParams";
import type { PriceFilterHandle } from "./PriceFilter";

/** The height of the price filter, so that nothing moves when it appears. */
const PRICE_FILTER_HEIGHT = "6.58rem";

// The form libraries are large.
const PriceFilter = lazy(() => import("./PriceFilter"));

interface Props {
  params: CatalogueParams;
  onChange: (part: Partial<CatalogueParams>) => void;
  /** The page has two copies of the filters: beside the grid, and in a sheet on phones. */
  place: "side" | "sheet";
  /** Whether the products have loaded. The price filter waits for them. */
  isReady: boolean;
  priceFilter?: Ref<PriceFilterHandle>;
}

export function Filters({ params, onChange, place, isReady, priceFilter }: Props) {
  const categories = useQuery(categoryNamesQuery);
  // Nothing below the categories is shown before their number is known, because it would move.
  if (!categories.isFetched) return <SkeletonRows count={10} height="32px" />;
  return (
    <div className="filters">
      <fieldset>
        <legend>Category</legend>
        {categories.isError && (
          <ErrorNotice error={categories.error} onRetry={() => categories.refetch()} />
        )}
        {["", ...(categories.data ?? [])].map((category) => (
          <label key={category} className="form-check">
            <input
              className="form-check-input"
              type="radio"
              name={`${place}-category`}
              checked={params.category === category}
              onChange={() => onChange({ category })}
            />
            <span className="form-check-label">{category ? capitalize(category) : "All"}</span>
          </label>
        ))}
      </fieldset>
      <Suspense fallback={<Skeleton height={PRICE_FILTER_HEIGHT} />}>
        {isReady ? (
          <PriceFilter ref={priceFilter} min={params.min} max={params.max} onChange={onChange} />
        ) : (
          <WhileLoading>
            <Skeleton height={PRICE_FILTER_HEIGHT} />
          </WhileLoading>
        )}
      </Suspense>
      <fieldset>
        <legend>Availability</legend>
        <label className="form-check form-switch">
          <input
            className="form-check-input"
            type="checkbox"
            checked={params.inStock}
            onChange={(event) => onChange({ inStock: event.target.checked })}
          />
          <span className="form-check-label">In stock only</span>
        </label>
      </fieldset>
    </div>
  );
}
