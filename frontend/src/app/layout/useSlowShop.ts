import { useIsFetching, useIsMutating } from "@tanstack/react-query";
import { useEffect, useState } from "react";

const SLOW_MILLISECONDS = 5_000;

/** Return whether the user has waited for a first response, or for a change, for 5 s. */
export function useSlowShop(): boolean {
  const loading = useIsFetching({ predicate: (query) => query.state.status === "pending" });
  const isWaiting = loading + useIsMutating() > 0;
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setTimeout(() => setSlow(true), SLOW_MILLISECONDS);
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [isWaiting]);
  return isSlow;
}
