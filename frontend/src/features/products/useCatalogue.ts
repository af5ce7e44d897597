import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useSearchParams } from "react-router";
import { productPagesQuery } from "./api/listProducts";
import { type CatalogueParams, readParams, toQuery, writeParams } from "./catalogueParams";

/** Return the products that the URL asks for, and a function that changes the URL. */
export function useCatalogue() {
  const [search, setSearch] = useSearchParams();
  const params = readParams(search);
  const list = useInfiniteQuery({
    ...productPagesQuery(toQuery(params)),
    placeholderData: keepPreviousData,
  });
  const { fetchNextPage, hasNextPage, isFetching, isError } = list;
  const loaded = list.data?.pages.length ?? 0;

  // After a reload, the URL may ask for more pages than are loaded.
  useEffect(() => {
    if (loaded > 0 && loaded < params.pages && hasNextPage && !isFetching && !isError)
      fetchNextPage();
  }, [loaded, params.pages, hasNextPage, isFetching, isError, fetchNextPage]);

  // The router applies a change a moment later. The next change must not undo it.
  const latest = useRef(search);
  useEffect(() => {
    latest.current = search;
  }, [search]);

  function change(part: Partial<CatalogueParams>) {
    latest.current = writeParams({ ...readParams(latest.current), pages: 1, ...part });
    setSearch(latest.current, {
      preventScrollReset: true,
      replace: "q" in part || "pages" in part,
    });
  }
  const first = list.data?.pages[0];
  return {
    params,
    change,
    list,
    products: list.data?.pages.flatMap((page) => page.products) ?? [],
    total: first && `${first.total.toLocaleString("en")}${first.total_capped ? "+" : ""}`,
    count: first?.total ?? 0,
  };
}
