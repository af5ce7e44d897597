import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import { useSearchParams } from "react-router";
import type { ProductBody } from "@/api";
import { listAllProductsQueryLimits as limits } from "@/api/generated/limits.gen";
import { EmptyState } from "@/components/EmptyState";
import { Field } from "@/components/Field";
import { Icon } from "@/components/Icon";
import { LOW_STOCK } from "@/lib/settings";
import { useTitle } from "@/lib/useTitle";
import { type AdminProductQuery, allProductsQuery } from "../api/listAllProducts";
import { DebouncedInput } from "../components/DebouncedInput";
import { PagedList } from "../components/PagedList";
import { ProductDrawer } from "../components/ProductDrawer";
import { ProductTable } from "../components/ProductTable";
import { StockDialog } from "../components/StockDialog";

const SORTS = {
  newest: "Newest",
  name: "Name",
  price: "Price, low to high",
  "-price": "Price, high to low",
  stock: "Stock, low to high",
} as const;
type SortChoice = keyof typeof SORTS;

export function AdminProductsPage() {
  useTitle("Products · Administration");
  const [search, setSearch] = useSearchParams();
  const [restocked, setRestocked] = useState<ProductBody | null>(null);
  const list = useInfiniteQuery({
    ...allProductsQuery(toQuery(search)),
    placeholderData: keepPreviousData,
  });
  const products = list.data?.pages.flatMap((page) => page.products) ?? [];
  const editedId = search.get("edit");

  function change(name: string, value: string, addsHistoryEntry = false) {
    const next = new URLSearchParams(search);
    if (value) next.set(name, value);
    else next.delete(name);
    setSearch(next, { preventScrollReset: true, replace: !addsHistoryEntry });
  }
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Products</h1>
        <Button onClick={() => change("edit", "new", true)}>
          <Icon name="plus" />
          Add product
        </Button>
      </div>
      <div className="filter-row">
        <Field label="Search">
          {(control) => (
            <DebouncedInput
              {...control}
              type="search"
              value={search.get("q") ?? ""}
              maxLength={limits.q.maxLength}
              onTextChange={(text) => change("q", text)}
            />
          )}
        </Field>
        <Field label="Stock" kind="form-select">
          {(control) => (
            <select
              {...control}
              value={search.get("stock") ?? ""}
              onChange={(event) => change("stock", event.target.value)}
            >
              <option value="">Any</option>
              <option value="low">Low ({LOW_STOCK} or fewer)</option>
              <option value="out">Sold out</option>
            </select>
          )}
        </Field>
        <Field label="Sort" kind="form-select">
          {(control) => (
            <select
              {...control}
              value={search.get("sort") ?? "newest"}
              onChange={(event) => change("sort", event.target.value)}
            >
              {Object.entries(SORTS).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <PagedList
        list={list}
        isEmpty={products.length === 0}
        empty={<NoProducts isLow={search.get("stock") === "low"} />}
      >
        <ProductTable
          products={products}
          onEdit={(product) => change("edit", product.id, true)}
          onRestock={setRestocked}
        />
      </PagedList>
      {editedId && (
        <ProductDrawer key={editedId} id={editedId} onClose={() => change("edit", "")} />
      )}
      {restocked && <StockDialog product={restocked} onClose={() => setRestocked(null)} />}
    </>
  );
}

function NoProducts({ isLow }: { isLow: boolean }) {
  if (isLow)
    return (
      <EmptyState icon="check" title="No low stock">
        <p className="muted">All products are well stocked.</p>
      </EmptyState>
    );
  return (
    <EmptyState icon="box" title="No products found">
      <p className="muted">Remove a filter or add a product.</p>
    </EmptyState>
  );
}

function toQuery(search: URLSearchParams): AdminProductQuery {
  const sort = search.get("sort") ?? "newest";
  const q = search.get("q")?.trim();
  const maxStock = { low: LOW_STOCK, out: 0 }[search.get("stock") ?? ""];
  return {
    sort: sort in SORTS ? (sort as SortChoice) : "newest",
    ...(q ? { q } : {}),
    ...(maxStock === undefined ? {} : { max_stock: maxStock }),
  };
}
