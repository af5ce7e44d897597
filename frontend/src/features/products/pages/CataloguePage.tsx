import { useRef, useState } from "react";
import Button from "react-bootstrap/Button";
import Offcanvas from "react-bootstrap/Offcanvas";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { capitalize } from "@/lib/text";
import { useTitle } from "@/lib/useTitle";
import { SORTS, type SortChoice } from "../catalogueParams";
import { ActiveFilters, NO_FILTERS } from "../components/ActiveFilters";
import { Filters } from "../components/Filters";
import type { PriceFilterHandle } from "../components/PriceFilter";
import { type CardAction, ProductGrid, ProductGridSkeleton } from "../components/ProductGrid";
import { useCatalogue } from "../useCatalogue";

export function CataloguePage({ CardAction }: { CardAction: CardAction }) {
  const catalogue = useCatalogue();
  const { params, change, total } = catalogue;
  const [isSheetOpen, setSheetOpen] = useState(false);
  const priceFilter = useRef<PriceFilterHandle>(null);
  const heading = params.q
    ? `Results for “${params.q}”`
    : capitalize(params.category) || "All products";
  useTitle(heading);

  /** Close the sheet, unless a price that was typed there is not valid. */
  async function closeSheet() {
    if ((await priceFilter.current?.apply()) !== false) setSheetOpen(false);
  }
  return (
    <div className="shop-width catalogue">
      <aside className="catalogue-side" aria-label="Filters">
        <Filters params={params} onChange={change} place="side" />
      </aside>
      <div className="catalogue-body">
        <div className="page-head">
          <h1 tabIndex={-1}>{heading}</h1>
          <p className="muted" role="status">
            {total && `${total} ${total === "1" ? "product" : "products"}`}
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
      <Offcanvas
        show={isSheetOpen}
        onHide={() => setSheetOpen(false)}
        placement="bottom"
        className="sheet"
        aria-labelledby="sheet-title"
      >
        <Offcanvas.Header closeButton>
          <Offcanvas.Title as="h2" id="sheet-title">
            Filters
          </Offcanvas.Title>
        </Offcanvas.Header>
        <Offcanvas.Body>
          <Filters params={params} onChange={change} place="sheet" priceFilter={priceFilter} />
          <Button className="w-100" onClick={closeSheet}>
            Show {total ?? ""} products
          </Button>
        </Offcanvas.Body>
      </Offcanvas>
    </div>
  );
}

interface ResultsProps {
  catalogue: ReturnType<typeof useCatalogue>;
  CardAction: CardAction;
}

function Results({ catalogue, CardAction }: ResultsProps) {
  const { list, products, params, change, count } = catalogue;
  if (list.isPending) return <ProductGridSkeleton count={8} />;
  if (list.isError && products.length === 0) {
    return <ErrorNotice error={list.error} onRetry={() => list.refetch()} />;
  }
  if (products.length === 0) {
    return (
      <EmptyState icon="search" title="No products found">
        <p>Try fewer words or remove a filter.</p>
        <Button onClick={() => change(NO_FILTERS)}>Show all products</Button>
      </EmptyState>
    );
  }
  return (
    <div aria-busy={list.isPlaceholderData} className={list.isPlaceholderData ? "is-stale" : ""}>
      <h2 className="visually-hidden">Products</h2>
      <ProductGrid products={products} isFirst CardAction={CardAction} />
      {list.isError && <ErrorNotice error={list.error} onRetry={() => list.fetchNextPage()} />}
      {list.hasNextPage && (
        <div className="more">
          <p className="muted small-text">
            Showing {products.length} of {count}
          </p>
          <Button
            variant="outline-secondary"
            disabled={list.isFetchingNextPage}
            onClick={() => change({ pages: params.pages + 1 })}
          >
            {list.isFetchingNextPage ? "Loading…" : "Show more"}
          </Button>
        </div>
      )}
    </div>
  );
}
