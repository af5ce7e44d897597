import { useEffect, useRef } from "react";

/**
 * Focus the first new item after "Show more", so that the next Tab reaches what is inside it.
 *
 * Returns a ref for the element that contains the items, and a function to call when more items
 * are requested. By default, the items are the children of that element.
 */
export function useFocusFirstNew<List extends HTMLElement = HTMLUListElement>(
  count: number,
  items = ":scope > *",
) {
  const list = useRef<List>(null);
  const request = useRef<{ count: number; button: Element | null } | null>(null);

  useEffect(() => {
    if (!request.current || count <= request.current.count) return;
    const item = list.current?.querySelectorAll(items)[request.current.count];
    const hasMoved = ![document.body, request.current.button].includes(document.activeElement);
    request.current = null;
    if (hasMoved || !(item instanceof HTMLElement)) return;
    item.tabIndex = -1;
    item.focus({ preventScroll: true });
  }, [count, items]);

  function expectMore() {
    request.current = { count, button: document.activeElement };
  }
  return { list, expectMore };
}
