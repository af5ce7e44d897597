import { lazy, Suspense, useState } from "react";
import Button from "react-bootstrap/Button";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { capitalize } from "@/lib/text";
import { useFocusFirstNew } from "@/lib/useFocusFirstNew";
import { useTitle } from "@/lib/useTitle";
import { SORTS, type SortChoice } from "../catalogueParams";
import { ActiveFilters, NO_FILTERS } from "../components/ActiveFilters";
import { Filters } from "../components/Filters";
import { type CardAction, ProductGrid, ProductGridSkeleton } from "../components/ProductGrid";
import { useCatalogue } from "../useCatalogue";

const FilterSheet = lazy(() => import("../components/FilterSheet"));

export function CataloguePage({ CardAction }: { CardAction: CardAction }) {
  const catalogue = useCatalogue();
  const { params, change, total } = catalogue;
  const [isSheetOpen, setSheetOpen] = useState(false);
  const heading = params.q
    ? `Results for “${params.q}”`
    : capitalize(params.category) || "All products";
  useTitle(heading);
  return (
    <div className="shop-width catalogue">
      <aside className="catalogue-side" aria-label="Filters">
        <Filters
          params={params}
          onChange={change}
          place="side"
          isReady={!catalogue.list.isPending}
        />
      </aside>
      <div className="catalogue-body">
        <div className="page-head">
          <h1 tabIndex={-1}>{heading}</h1>
          <p className="muted" role="status">
            {total && countText(total)}
          </p>
        </div>
        <div className="catalogue-tools">
          <Button
            variant="outline-secondary"
            className="sheet-button"
            onClick={() => setSheetOpen(true)}
          >
            <Icon name="filter" /> Filters
          </Button>
          <label className="sort-choice">
            <span className="muted">Sort</span>
            <select
              className="form-select"
              value={params.sort || (params.q ? "" : "newest")}
              onChange={(event) => change({ sort: event.target.value as SortChoice })}
            >
              {params.q && <option value="">Best match</option>}
              {Object.entries(SORTS).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        </div>
        <ActiveFilters params={params} onChange={change} />
        <Results catalogue={catalogue} CardAction={CardAction} />
      </div>
      {isSheetOpen && (
        <Suspense fallback={null}>
          <FilterSheet
            params={params}
            total={total}
            onChange={change}
            onClose={() => setSheetOpen(false)}
          />
        </Suspense>
      )}
    </div>
  );
}

function countText(total: string): string {
  if (total === "0") return "No products found";
  return `${total} ${total === "1" ? "product" : "products"}`;
}

interface ResultsProps {
  catalogue: ReturnType<typeof useCatalogue>;
  CardAction: CardAction;
}

function Results({ catalogue, CardAction }: ResultsProps) {
  const { list, products, params, change, count } = catalogue;
  const { list: grid, expectMore } = useFocusFirstNew(products.length);

  function showMore() {
    expectMore();
    change({ pages: params.pages + 1 });
  }
  if (list.isPending) return <ProductGridSkeleton count={8} />;
  if (list.isError && products.length === 0) {
    return <ErrorNotice error={list.error} onRetry={() => list.refetch()} />;
  }
  if (products.length === 0) {
    return (
      <EmptyState icon="search" title="Nothing matches">
        <p>Try fewer words or remove a filter.</p>
        <Button onClick={() => change(NO_FILTERS)}>Show all products</Button>
      </EmptyState>
    );
  }
  return (
    <div aria-busy={list.isPlaceholderData} className={list.isPlaceholderData ? "is-stale" : ""}>
      <h2 className="visually-hidden">Products</h2>
      <ProductGrid ref={grid} products={products} width="column" isFirst CardAction={CardAction} />
      {list.isError && <ErrorNotice error={list.error} onRetry={() => list.fetchNextPage()} />}
      {list.hasNextPage && (
        <div className="more">
          <p className="muted small-text">
            Showing {products.length} of {count}
          </p>
          <Button variant="outline-secondary" disabled={list.isFetchingNextPage} onClick={showMore}>
            {list.isFetchingNextPage ? "Loading…" : "Show more"}
          </Button>
        </div>
      )}
    </div>
  );
}
