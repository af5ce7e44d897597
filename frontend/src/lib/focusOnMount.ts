/** As a ref: the focus goes to what has just appeared, since what was pressed is gone. */
export function focusOnce(element: HTMLElement | null): void {
  element?.focus();
}
