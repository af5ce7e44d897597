/** Used as a ref: an element that replaces the focused one takes the focus when it appears. */
export function focusOnMount(element: HTMLElement | null): void {
  element?.focus();
}
