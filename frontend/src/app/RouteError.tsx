import { useRouteError } from "react-router";
import { ErrorNotice } from "@/components/ErrorNotice";

/** A page that failed, or could not be read: the rest of the shop stays. */
export function RouteError() {
  const error = useRouteError();
  return (
    <div className="shop-width">
      <div className="page-head">
        <h1 tabIndex={-1}>This page did not work</h1>
      </div>
      <ErrorNotice error={error} onRetry={() => location.reload()} />
    </div>
  );
}
