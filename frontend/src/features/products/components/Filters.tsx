import { useQuery } from "@tanstack/react-query";
import { lazy, type Ref, Suspense } from "react";
import Form from "react-bootstrap/Form";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Skeleton, SkeletonRows } from "@/components/Skeleton";
import { capitalize } from "@/lib/text";
import { categoryNamesQuery } from "../api/listCategories";
import type { CatalogueParams } from "../catalogueParams";
import type { PriceFilterHandle } from "./PriceFilter";

// The form libraries load after the products, so that they do not delay them.
const PriceFilter = lazy(() => import("./PriceFilter"));

interface Props {
  params: CatalogueParams;
  onChange: (part: Partial<CatalogueParams>) => void;
  /** The page has two copies of the filters: beside the grid, and in a sheet on phones. */
  place: "side" | "sheet";
  priceFilter?: Ref<PriceFilterHandle>;
}

export function Filters({ params, onChange, place, priceFilter }: Props) {
  const categories = useQuery(categoryNamesQuery);
  return (
    <div className="filters">
      <fieldset>
        <legend>Category</legend>
        {categories.isPending && <SkeletonRows count={10} height="32px" />}
        {categories.isError && (
          <ErrorNotice error={categories.error} onRetry={() => categories.refetch()} />
        )}
        {["", ...(categories.data ?? [])].map((category) => (
          <Form.Check
            key={category}
            type="radio"
            id={`${place}-category-${category}`}
            name={`${place}-category`}
            label={category ? capitalize(category) : "All"}
            checked={params.category === category}
            onChange={() => onChange({ category })}
          />
        ))}
      </fieldset>
      <Suspense fallback={<Skeleton height="6rem" />}>
        <PriceFilter ref={priceFilter} min={params.min} max={params.max} onChange={onChange} />
      </Suspense>
      <fieldset>
        <legend>Availability</legend>
        <Form.Check
          type="switch"
          id={`${place}-stock`}
          label="In stock only"
          checked={params.inStock}
          onChange={(event) => onChange({ inStock: event.target.checked })}
        />
      </fieldset>
    </div>
  );
}
