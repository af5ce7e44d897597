import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import type { AdminProductBody, ProductChangeBody } from "@/api";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { readProductParams, toProductQuery } from "../adminParams";
import { allProductsQuery } from "../api/listAllProducts";
import { BulkDialog } from "../components/BulkDialog";
import { BulkResult } from "../components/BulkResult";
import { PagedList } from "../components/PagedList";
import { ProductDrawer } from "../components/ProductDrawer";
import { ProductFilters } from "../components/ProductFilters";
import { ProductTable } from "../components/ProductTable";
import { SelectionBar } from "../components/SelectionBar";
import { LoadedStockDialog, StockDialog } from "../components/StockDialog";
import { useAdminTitle } from "../useAdminTitle";
import { useBulkChange } from "../useBulkChange";
import { useSelection } from "../useSelection";
import { useUrlFilters } from "../useUrlFilters";

export function AdminProductsPage() {
  useAdminTitle("Products");
  const [search, change] = useUrlFilters();
  const [restocked, setRestocked] = useState<AdminProductBody | null>(null);
  const params = readProductParams(search);
  const list = useInfiniteQuery({
    ...allProductsQuery(toProductQuery(params)),
    placeholderData: keepPreviousData,
  });
  const products = list.data?.pages.flatMap((page) => page.products) ?? [];
  const ids = products.map(({ id }) => id);
  const selection = useSelection(ids);
  const bulk = useBulkChange();
  const [chosen, setChosen] = useState<AdminProductBody[] | null>(null);

  async function apply(changes: ProductChangeBody[], key: string) {
    if (!chosen) return;
    const results = await bulk.change({ products: chosen, changes, key }).catch(() => null);
    if (!results) return;
    setChosen(null);
    selection.select(results.filter(({ outcome }) => outcome === "refused").map(({ id }) => id));
  }
  function undo() {
    if (bulk.outcome?.undo) bulk.change(bulk.outcome.undo).catch(() => undefined);
  }
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Products</h1>
        <Button onClick={() => change({ edit: "new" }, { addsHistoryEntry: true })}>
          <Icon name="plus" />
          Add product
        </Button>
      </div>
      <ProductFilters params={params} onChange={change} />
      {bulk.outcome && !chosen && (
        <BulkResult
          key={bulk.outcome.isUndo ? "undo" : "change"}
          outcome={bulk.outcome}
          isPending={bulk.isPending}
          onUndo={undo}
          onDismiss={bulk.dismiss}
        />
      )}
      {bulk.error && !chosen && <ErrorNotice error={bulk.error} onRetry={undo} />}
      <PagedList
        list={list}
        count={products.length}
        empty={<NoProducts isLow={params.stock === "low"} />}
      >
        <SelectionBar
          shown={products.length}
          selected={selection.selected.length}
          onSelectAll={() => selection.select(ids)}
          onClear={selection.clear}
          onChange={() => setChosen(products.filter(({ id }) => selection.has(id)))}
        />
        <ProductTable
          products={products}
          sorting={{ current: params.sort, onSort: (sort) => change({ sort }) }}
          selection={selection}
          onEdit={({ id }) => change({ edit: id }, { addsHistoryEntry: true })}
          onRestock={setRestocked}
        />
      </PagedList>
      {chosen && (
        <BulkDialog
          products={chosen}
          isPending={bulk.isPending}
          error={bulk.error}
          onApply={apply}
          onChange={bulk.reset}
          onClose={() => setChosen(null)}
        />
      )}
      {params.edit && (
        <ProductDrawer key={params.edit} id={params.edit} onClose={() => change({ edit: "" })} />
      )}
      {restocked && <StockDialog product={restocked} onClose={() => setRestocked(null)} />}
      {params.restock && (
        <LoadedStockDialog id={params.restock} onClose={() => change({ restock: "" })} />
      )}
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
