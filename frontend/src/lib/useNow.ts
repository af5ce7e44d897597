import { useSyncExternalStore } from "react";

const TICK_MILLISECONDS = 30_000;

function subscribe(listener: () => void): () => void {
  const timer = setInterval(listener, TICK_MILLISECONDS);
  return () => clearInterval(timer);
}

// The time is rounded because a snapshot must not change between two ticks.
function snapshot(): number {
  return Math.ceil(Date.now() / TICK_MILLISECONDS) * TICK_MILLISECONDS;
}

/** Return the current time, updated every 30 seconds, for relative times such as "2 minutes ago". */
export function useNow(): number {
  return useSyncExternalStore(subscribe, snapshot);
}
