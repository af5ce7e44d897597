import { useEffect, useRef } from "react";
import { useLocation } from "react-router";

const LONGEST_WAIT_MILLISECONDS = 3_000;

/** After a navigation the heading of the new page takes the focus, so that it is read out. */
export function useRouteFocus(): void {
  const { pathname } = useLocation();
  const seen = useRef(pathname);
  useEffect(() => {
    if (seen.current === pathname) return;
    seen.current = pathname;
    return whenThere("main h1", (heading) => heading.focus({ preventScroll: true }));
  }, [pathname]);
}

/** Pages come when their chunk and their data do, so the heading is waited for. */
function whenThere(selector: string, action: (element: HTMLElement) => void): () => void {
  const found = document.querySelector<HTMLElement>(selector);
  if (found) {
    action(found);
    return () => undefined;
  }
  const observer = new MutationObserver(() => {
    const element = document.querySelector<HTMLElement>(selector);
    if (!element) return;
    stop();
    // Whoever has begun to type or to tab keeps the focus.
    if (document.activeElement === document.body) action(element);
  });
  const timer = setTimeout(stop, LONGEST_WAIT_MILLISECONDS);
  observer.observe(document.body, { childList: true, subtree: true });
  function stop() {
    observer.disconnect();
    clearTimeout(timer);
  }
  return stop;
}
