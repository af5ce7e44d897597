import { useIsFetching } from "@tanstack/react-query";
import { type ComponentType, type RefObject, useEffect, useState } from "react";
import type { SuggestingFieldProps } from "./components/SuggestingField";

type Field = ComponentType<SuggestingFieldProps>;
let loaded: Field | null = null;

/**
 * Return the field that suggests products, or null until it has loaded.
 *
 * It loads after the first page, which it would delay. It never replaces a field that has the focus.
 */
export function useSuggestingField(input: RefObject<HTMLInputElement | null>): Field | null {
  const [field, setField] = useState<{ Field: Field | null }>({ Field: loaded });
  const [isPageLoaded, setPageLoaded] = useState(false);
  const isFetching = useIsFetching() > 0;

  useEffect(() => {
    const onLoad = () => setPageLoaded(true);
    if (document.readyState === "complete") onLoad();
    addEventListener("load", onLoad);
    return () => removeEventListener("load", onLoad);
  }, []);

  useEffect(() => {
    if (field.Field || !isPageLoaded || isFetching) return;
    let isOutdated = false;
    import("./components/SuggestingField")
      .then((module) => {
        loaded = module.default;
        return withoutFocus(input.current);
      })
      .then(() => !isOutdated && setField({ Field: loaded }))
      // Without suggestions, for example offline, the plain field still searches.
      .catch(() => undefined);
    return () => {
      isOutdated = true;
    };
  }, [field, isPageLoaded, isFetching, input]);
  return field.Field;
}

function withoutFocus(element: Element | null): Promise<void> {
  if (!element || document.activeElement !== element) return Promise.resolve();
  return new Promise((resolve) =>
    element.addEventListener("blur", () => resolve(), { once: true }),
  );
}
