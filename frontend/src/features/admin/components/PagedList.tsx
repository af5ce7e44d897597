import type { ReactNode } from "react";
import Button from "react-bootstrap/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { SkeletonRows } from "@/components/Skeleton";
import { useFocusFirstNew } from "@/lib/useFocusFirstNew";

interface Listing {
  isPending: boolean;
  isError: boolean;
  error: Error | null;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  refetch: () => unknown;
  fetchNextPage: () => unknown;
}

interface Props {
  list: Listing;
  /** How many items the pages that have loaded contain. */
  count: number;
  empty: ReactNode;
  /** The items: the rows of a table, or of a list with the class "row-list". */
  children: ReactNode;
}

/** A list that loads page by page, with its loading, error and empty states. */
export function PagedList({ list, count, empty, children }: Props) {
  const { list: items, expectMore } = useFocusFirstNew<HTMLDivElement>(
    count,
    "tbody > tr, .row-list > li",
  );
  if (list.isPending) return <SkeletonRows count={8} height="3.5rem" />;

  function showMore() {
    expectMore();
    list.fetchNextPage();
  }
  return (
    <>
      {list.isError && <ErrorNotice error={list.error} onRetry={() => list.refetch()} />}
      {count > 0 && <div ref={items}>{children}</div>}
      {count === 0 && !list.isError && empty}
      {list.hasNextPage && (
        <div className="more">
          <Button variant="outline-secondary" disabled={list.isFetchingNextPage} onClick={showMore}>
            {list.isFetchingNextPage ? "Loading…" : "Show more"}
          </Button>
        </div>
      )}
    </>
  );
}
