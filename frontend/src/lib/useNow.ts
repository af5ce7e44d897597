import { useSyncExternalStore } from "react";

const TICK_MILLISECONDS = 30_000;

function subscribe(listener: () => void): () => void {
  const timer = setInterval(listener, TICK_MILLISECONDS);
  return () => clearInterval(timer);
}

// Rounded, as a snapshot has to stay the same between two ticks.
function snapshot(): number {
  return Math.ceil(Date.now() / TICK_MILLISECONDS) * TICK_MILLISECONDS;
}

/** The time of the last tick, for what is shown relative to it. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, snapshot);
}
