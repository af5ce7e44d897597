import { useRouteError } from "react-router";
import { ErrorNotice } from "@/components/ErrorNotice";

/** Replaces a page that failed to load or to render. The header and footer stay. */
export function RouteError() {
  const error = useRouteError();
  return (
    <div className="shop-width">
      <div className="page-head">
        <h1 tabIndex={-1}>This page couldn't be loaded</h1>
      </div>
      <ErrorNotice error={error} onRetry={() => location.reload()} />
    </div>
  );
}
