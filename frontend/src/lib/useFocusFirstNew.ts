import { useEffect, useRef } from "react";

/**
 * Focus the first new item after "Show more", so that the next Tab reaches what is inside it.
 *
 * Returns the ref of the list, and a function to call when more items are requested.
 */
export function useFocusFirstNew(count: number) {
  const list = useRef<HTMLUListElement>(null);
  const request = useRef<{ count: number; button: Element | null } | null>(null);

  useEffect(() => {
    if (!request.current || count <= request.current.count) return;
    const item = list.current?.children[request.current.count];
    const hasMoved = ![document.body, request.current.button].includes(document.activeElement);
    request.current = null;
    if (hasMoved || !(item instanceof HTMLElement)) return;
    item.tabIndex = -1;
    item.focus({ preventScroll: true });
  }, [count]);

  function expectMore() {
    request.current = { count, button: document.activeElement };
  }
  return { list, expectMore };
}
