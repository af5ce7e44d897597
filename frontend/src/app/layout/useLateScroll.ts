import { useLayoutEffect } from "react";
import { useNavigationType } from "react-router";

const STORED = "kiosk-scroll-positions";
const MAX_WAIT_MILLISECONDS = 10_000;
const INTERRUPTIONS = ["wheel", "touchstart", "pointerdown", "keydown"];

const positions = new Map<string, number>(read());

/**
 * Restore the scroll position after a reload and after going back, when the page is long enough.
 *
 * The router restores it at once. If the content has not loaded by then, the page is too short.
 * `key` identifies the history entry.
 */
export function useLateScroll(key: string): void {
  const isReturn = useNavigationType() === "POP";

  useLayoutEffect(() => {
    const position = isReturn ? (positions.get(key) ?? 0) : 0;
    let isWaiting = position > 0;
    const stop = isWaiting ? whenLongEnough(position, () => scrollTo(0, position), end) : end;
    function end() {
      isWaiting = false;
    }
    // While the page is too short, its position is not the user's.
    function remember() {
      if (!isWaiting) positions.set(key, scrollY);
    }
    addEventListener("scroll", remember, { passive: true });
    function leave() {
      remember();
      write();
    }
    addEventListener("pagehide", leave);
    return () => {
      stop();
      removeEventListener("scroll", remember);
      removeEventListener("pagehide", leave);
    };
  }, [key, isReturn]);
}

/** Wait until the page can scroll to a position. The user's first action ends the wait. */
function whenLongEnough(position: number, action: () => void, onEnd: () => void): () => void {
  const observer = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight - innerHeight < position) return;
    action();
    end();
  });
  const timer = setTimeout(end, MAX_WAIT_MILLISECONDS);
  observer.observe(document.body);
  for (const name of INTERRUPTIONS) addEventListener(name, end, { passive: true });
  function end() {
    observer.disconnect();
    clearTimeout(timer);
    for (const name of INTERRUPTIONS) removeEventListener(name, end);
    onEnd();
  }
  return end;
}

function read(): [string, number][] {
  try {
    return Object.entries(JSON.parse(sessionStorage.getItem(STORED) ?? "{}"));
  } catch {
    return [];
  }
}

function write(): void {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(Object.fromEntries(positions)));
  } catch {
    // Without storage, a reload starts at the top.
  }
}
