import { useEffect, useRef } from "react";
import { useLocation } from "react-router";

const MAX_WAIT_MILLISECONDS = 3_000;

/** Focus the heading of a page after navigation, so that screen readers announce it. */
export function useRouteFocus(): void {
  const { pathname } = useLocation();
  const previous = useRef(pathname);
  useEffect(() => {
    if (previous.current === pathname) return;
    previous.current = pathname;
    return onAppearance("main h1", (heading) => heading.focus({ preventScroll: true }));
  }, [pathname]);
}

/** Wait for an element: a page appears when its chunk and its data have loaded. */
function onAppearance(selector: string, action: (element: HTMLElement) => void): () => void {
  const present = document.querySelector<HTMLElement>(selector);
  if (present) {
    action(present);
    return () => undefined;
  }
  const observer = new MutationObserver(() => {
    const element = document.querySelector<HTMLElement>(selector);
    if (!element) return;
    stop();
    // Do not move the focus if it is somewhere already, for example while the user types.
    if (document.activeElement === document.body) action(element);
  });
  const timer = setTimeout(stop, MAX_WAIT_MILLISECONDS);
  observer.observe(document.body, { childList: true, subtree: true });
  function stop() {
    observer.disconnect();
    clearTimeout(timer);
  }
  return stop;
}
