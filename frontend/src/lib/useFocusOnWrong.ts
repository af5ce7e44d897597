import { type RefObject, useEffect, useRef } from "react";

/**
 * After a refusal the first field that is wrong takes the focus, so that its message is read out.
 *
 * Args:
 *   wrong: What was found wrong; another object at each refusal.
 */
export function useFocusOnWrong(wrong: object): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (Object.values(wrong).some(Boolean))
      form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [wrong]);
  return form;
}
