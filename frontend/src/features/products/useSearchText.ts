import { useEffect, useEffectEvent, useState } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import { listProductsQueryLimits as limits } from "@/api/generated/limits.gen";
import { readText } from "@/lib/searchParams";
import { useDebounced } from "@/lib/useDebounced";

const PAUSE_MILLISECONDS = 250;

/**
 * Hold the text of the search field.
 *
 * On the catalogue page the text is part of the URL, which follows the typing. On other pages it
 * only exists until it is submitted or the field loses the focus.
 */
export function useSearchText() {
  const [search] = useSearchParams();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const [draft, setDraft] = useState<string | null>(null);
  const debounced = useDebounced(draft, PAUSE_MILLISECONDS);
  const isCatalogue = pathname === "/products";
  const current = isCatalogue ? readText(search, "q", limits.q) : "";

  // Only typed text changes the URL. The draft must not undo a change from a filter chip or from
  // going back in the history.
  const updateUrl = useEffectEvent((typed: string | null) => {
    if (!isCatalogue || typed === null || typed === current) return;
    const next = new URLSearchParams(search);
    next.delete("pages");
    if (typed.trim()) next.set("q", typed);
    else next.delete("q");
    navigate({ pathname, search: `?${next}` }, { replace: true, preventScrollReset: true });
  });
  useEffect(() => updateUrl(debounced), [debounced]);

  return {
    text: draft ?? current,
    isTyping: draft !== null && draft.trim() !== "",
    /** The text to suggest products for. The catalogue page shows them itself. */
    suggestFor: isCatalogue ? "" : (debounced ?? ""),
    type: (typed: string) => setDraft(typed),
    discard: () => setDraft(null),
  };
}
