import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import { useSearchParams } from "react-router";
import type { ProductBody } from "@/api";
import { Empty } from "@/components/Empty";
import { Field } from "@/components/Field";
import { Icon } from "@/components/Icon";
import { FEW_LEFT } from "@/lib/settings";
import { useTitle } from "@/lib/useTitle";
import { type AdminProductQuery, allProductsQuery } from "../api/listAllProducts";
import { DraftInput } from "../components/DraftInput";
import { PagedList } from "../components/PagedList";
import { ProductDrawer } from "../components/ProductDrawer";
import { ProductTable } from "../components/ProductTable";
import { StockDialog } from "../components/StockDialog";

const SORTS = {
  newest: "Newest",
  name: "Name",
  price: "Price, low first",
  "-price": "Price, high first",
  stock: "Stock, low first",
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
  const edited = search.get("edit");

  function change(name: string, value: string, isStep = false) {
    const next = new URLSearchParams(search);
    if (value) next.set(name, value);
    else next.delete(name);
    setSearch(next, { preventScrollReset: true, replace: !isStep });
  }
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Products</h1>
        <Button onClick={() => change("edit", "new", true)}>
          <Icon name="plus" />
          New product
        </Button>
      </div>
      <div className="filter-row">
        <Field label="Search">
          {(control) => (
            <DraftInput
              {...control}
              type="search"
              value={search.get("q") ?? ""}
              maxLength={100}
              onSettled={(text) => change("q", text)}
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
              <option value="low">Low ({FEW_LEFT} or fewer)</option>
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
      {edited && <ProductDrawer key={edited} id={edited} onClose={() => change("edit", "")} />}
      {restocked && <StockDialog product={restocked} onClose={() => setRestocked(null)} />}
    </>
  );
}

function NoProducts({ isLow }: { isLow: boolean }) {
  if (isLow)
    return (
      <Empty icon="check" title="All good">
        <p className="muted">Nothing is running low.</p>
      </Empty>
    );
  return (
    <Empty icon="box" title="No such products">
      <p className="muted">Take away a filter, or add a product.</p>
    </Empty>
  );
}

function toQuery(search: URLSearchParams): AdminProductQuery {
  const sort = search.get("sort") ?? "newest";
  const q = search.get("q")?.trim();
  const most = { low: FEW_LEFT, out: 0 }[search.get("stock") ?? ""];
  return {
    sort: sort in SORTS ? (sort as SortChoice) : "newest",
    ...(q ? { q } : {}),
    ...(most === undefined ? {} : { max_stock: most }),
  };
}
