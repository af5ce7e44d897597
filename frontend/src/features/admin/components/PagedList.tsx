import type { ReactNode } from "react";
import Button from "react-bootstrap/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { SkeletonRows } from "@/components/Skeleton";

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
  isEmpty: boolean;
  empty: ReactNode;
  children: ReactNode;
}

/** A list that loads page by page, with its loading, error and empty states. */
export function PagedList({ list, isEmpty, empty, children }: Props) {
  if (list.isPending) return <SkeletonRows count={8} height="3.5rem" />;
  return (
    <>
      {list.isError && <ErrorNotice error={list.error} onRetry={() => list.refetch()} />}
      {isEmpty ? !list.isError && empty : children}
      {list.hasNextPage && (
        <div className="more">
          <Button
            variant="outline-secondary"
            disabled={list.isFetchingNextPage}
            onClick={() => list.fetchNextPage()}
          >
            {list.isFetchingNextPage ? "Loading…" : "Show more"}
          </Button>
        </div>
      )}
    </>
  );
}
