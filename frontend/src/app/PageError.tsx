import { useEffect } from "react";
import { ErrorNotice } from "@/components/ErrorNotice";
import { isChunkError, mayReload, reload } from "@/lib/chunks";
import { Problem } from "@/lib/problem";
import { useOnline } from "@/lib/useOnline";
import { useTitle } from "@/lib/useTitle";

const TITLE = "This page couldn't be loaded";
const OFFLINE = new Problem({
  title: "You are offline",
  detail: "This page opens as soon as you are back online.",
});
const NOT_LOADED = new Problem({
  title: "A part of this page is missing",
  detail: "The shop may have been updated. Reload the page to continue.",
});

/** Replaces a page that failed to load or to render. The header and footer stay. */
export function PageError({ error }: { error: unknown }) {
  useTitle(TITLE);
  const isOnline = useOnline();
  const isMissing = isChunkError(error);

  useEffect(() => {
    if (isMissing && isOnline && mayReload()) reload();
  }, [isMissing, isOnline]);
  return (
    <div className="shop-width">
      <div className="page-head">
        <h1 tabIndex={-1}>{TITLE}</h1>
      </div>
      {isMissing ? (
        <ErrorNotice error={isOnline ? NOT_LOADED : OFFLINE} onRetry={reload} />
      ) : (
        <ErrorNotice error={error} onRetry={reload} />
      )}
    </div>
  );
}
