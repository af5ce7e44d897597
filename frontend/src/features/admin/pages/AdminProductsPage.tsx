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
import { PRODUCT_SORTS, readProductParams, toProductQuery } from "../adminParams";
import { allProductsQuery } from "../api/listAllProducts";
import { DebouncedInput } from "../components/DebouncedInput";
import { PagedList } from "../components/PagedList";
import { ProductDrawer } from "../components/ProductDrawer";
import { ProductTable } from "../components/ProductTable";
import { StockDialog } from "../components/StockDialog";

export function AdminProductsPage() {
  useTitle("Products · Administration");
  const [search, setSearch] = useSearchParams();
  const [restocked, setRestocked] = useState<ProductBody | null>(null);
  const params = readProductParams(search);
  const list = useInfiniteQuery({
    ...allProductsQuery(toProductQuery(params)),
    placeholderData: keepPreviousData,
  });
  const products = list.data?.pages.flatMap((page) => page.products) ?? [];

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
              value={params.q}
              maxLength={limits.q.maxLength}
              onTextChange={(text) => change("q", text)}
            />
          )}
        </Field>
        <Field label="Stock" kind="form-select">
          {(control) => (
            <select
              {...control}
              value={params.stock}
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
              value={params.sort}
              onChange={(event) => change("sort", event.target.value)}
            >
              {Object.entries(PRODUCT_SORTS).map(([value, label]) => (
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
        empty={<NoProducts isLow={params.stock === "low"} />}
      >
        <ProductTable
          products={products}
          onEdit={(product) => change("edit", product.id, true)}
          onRestock={setRestocked}
        />
      </PagedList>
      {params.edit && (
        <ProductDrawer key={params.edit} id={params.edit} onClose={() => change("edit", "")} />
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
