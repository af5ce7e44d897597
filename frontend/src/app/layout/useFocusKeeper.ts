import { useEffect } from "react";

const FOCUSABLE =
  "a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary";
const PLACE = "main, [role=dialog]";

/**
 * Keep the place of keyboard users when the focused element disappears.
 *
 * Browsers move the focus to the body then, and the next Tab starts at the top of the page. This
 * moves the focus to what follows the element, in the same dialog or page. A button that is disabled
 * while its request runs gets the focus back.
 */
export function useFocusKeeper(): void {
  useEffect(() => {
    let focused: Element | null = null;
    let lastInPlace: Element | null = null;
    let path = "";

    function remember() {
      focused = document.activeElement;
      path = location.pathname;
      if (focused?.closest(PLACE)) lastInPlace = focused;
    }
    function forget({ target }: Event) {
      if (target instanceof Node && !focused?.contains(target)) focused = null;
    }
    const observer = new MutationObserver((records) => {
      // After navigation, the heading of the new page takes the focus.
      if (!focused || path !== location.pathname || !isFocusLost()) return;
      const removal = records.find(({ removedNodes }) => contains(removedNodes, focused));
      if (removal) {
        focusNeighbour(removal) || focus(lastInPlace) || focus(document.querySelector("main h1"));
      } else focus(focused);
    });
    addEventListener("focusin", remember);
    addEventListener("pointerdown", forget);
    observer.observe(document.body, {
      childList: true,
      subtree: true,
      attributeFilter: ["disabled"],
    });
    return () => {
      observer.disconnect();
      removeEventListener("focusin", remember);
      removeEventListener("pointerdown", forget);
    };
  }, []);
}

function isFocusLost(): boolean {
  const active = document.activeElement;
  return !active || active === document.body || active.matches(":disabled");
}

function contains(nodes: NodeList, element: Node | null): boolean {
  return [...nodes].some((node) => node.contains(element));
}

/** Focus what follows a removed node, or else what comes before it. */
function focusNeighbour({ target, previousSibling, nextSibling }: MutationRecord): boolean {
  let parent = target instanceof Element && target.closest(PLACE) ? target : null;
  while (parent) {
    const candidates = [...parent.querySelectorAll(FOCUSABLE)];
    const isNext = (each: Element) => isAfter(each, previousSibling, nextSibling);
    const following = candidates.filter(isNext);
    const preceding = candidates.filter((each) => !isNext(each)).reverse();
    if ([...following, ...preceding].some(focus)) return true;
    parent = parent.matches(PLACE) ? null : parent.parentElement;
  }
  return false;
}

/** Return whether an element comes after the gap between two siblings. */
function isAfter(element: Element, previous: Node | null, next: Node | null): boolean {
  const follows = (other: Node) =>
    (other.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
  if (next?.isConnected) return next === element || follows(next);
  return !previous?.isConnected || (follows(previous) && !previous.contains(element));
}

/** Focus an element, and return whether it took the focus. Hidden elements do not. */
function focus(element: Element | null): boolean {
  const isSkipped = element?.matches("[tabindex='-1']:not(h1)");
  if (!(element instanceof HTMLElement) || isSkipped) return false;
  element.focus({ preventScroll: element.matches("h1") });
  return document.activeElement === element;
}
