import {
  type FormEvent,
  type KeyboardEvent,
  useEffect,
  useEffectEvent,
  useId,
  useRef,
  useState,
} from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import { Icon } from "@/components/Icon";
import { useDebounced } from "@/lib/useDebounced";
import { useSearchShortcut } from "../useSearchShortcut";
import { useSuggestions } from "../useSuggestions";
import { Suggestions } from "./Suggestions";

interface Props {
  label: string;
  hasShortcut?: boolean;
}

const PAUSE_MILLISECONDS = 250;

/** The search field: suggestions everywhere, and on the catalogue the results themselves. */
export function SearchBox({ label, hasShortcut = false }: Props) {
  const [search] = useSearchParams();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const list = useId();
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState<string | null>(null);
  const [active, setActive] = useState(-1);
  const isCatalogue = pathname === "/products";
  const current = isCatalogue ? (search.get("q") ?? "") : "";
  const settled = useDebounced(draft, PAUSE_MILLISECONDS);
  const suggestions = useSuggestions(isCatalogue ? "" : (settled ?? ""));
  const isOpen = draft !== null && draft.trim() !== "" && suggestions.length > 0;
  useSearchShortcut(input, hasShortcut);

  // Only what was typed counts: an address that changes by itself, by a chip or by going back, has
  // the last word.
  const report = useEffectEvent((text: string | null) => {
    if (!isCatalogue || text === null || text === current) return;
    const next = new URLSearchParams(search);
    next.delete("pages");
    if (text.trim()) next.set("q", text);
    else next.delete("q");
    navigate({ pathname, search: `?${next}` }, { replace: true, preventScrollReset: true });
  });
  useEffect(() => report(settled), [settled]);

  function go(to: string) {
    setDraft(null);
    setActive(-1);
    input.current?.blur();
    navigate(to);
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    const chosen = suggestions[active];
    const text = (draft ?? current).trim();
    if (isOpen && chosen) go(`/products/${chosen.id}`);
    else go(text ? `/products?q=${encodeURIComponent(text)}` : "/products");
  }
  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      setDraft(null);
      setActive(-1);
    } else if (isOpen && step) {
      event.preventDefault();
      const places = suggestions.length + 1;
      setActive(((active + 1 + step + places) % places) - 1);
    }
  }
  return (
    <search className="site-search">
      <form className="search-field" onSubmit={submit}>
        <Icon name="search" />
        <input
          ref={input}
          className="form-control"
          type="search"
          role="combobox"
          aria-label={label}
          aria-expanded={isOpen}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && active >= 0 ? `${list}-${active}` : undefined}
          placeholder="Search products"
          autoComplete="off"
          maxLength={100}
          value={draft ?? current}
          onChange={(event) => {
            setDraft(event.target.value);
            setActive(-1);
          }}
          onKeyDown={onKeyDown}
          onBlur={() => setDraft(null)}
        />
        {hasShortcut && <kbd>/</kbd>}
      </form>
      <Suggestions
        id={list}
        products={suggestions}
        active={active}
        isOpen={isOpen}
        onChoose={(product) => go(`/products/${product.id}`)}
      />
    </search>
  );
}
