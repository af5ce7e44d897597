import { useCombobox } from "downshift";
import {
  type FormEvent,
  type KeyboardEvent,
  useEffect,
  useEffectEvent,
  useRef,
  useState,
} from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import type { ProductBody } from "@/api";
import { listProductsQueryLimits as limits } from "@/api/generated/limits.gen";
import { Icon } from "@/components/Icon";
import { ProductPicture } from "@/components/ProductPicture";
import { formatMoney } from "@/lib/money";
import { useDebounced } from "@/lib/useDebounced";
import { useSearchShortcut } from "../useSearchShortcut";
import { useSuggestions } from "../useSuggestions";

interface Props {
  label: string;
  hasShortcut?: boolean;
}

const PAUSE_MILLISECONDS = 250;

/** The search field. It suggests products; on the catalogue page it filters the list instead. */
export function SearchBox({ label, hasShortcut = false }: Props) {
  const [search] = useSearchParams();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  /** The typed text, until it is submitted or the field loses the focus. */
  const [draft, setDraft] = useState<string | null>(null);
  const isCatalogue = pathname === "/products";
  const current = isCatalogue ? (search.get("q") ?? "") : "";
  const text = draft ?? current;
  const debounced = useDebounced(draft, PAUSE_MILLISECONDS);
  const suggestions = useSuggestions(isCatalogue ? "" : (debounced ?? ""));
  useSearchShortcut(input, hasShortcut);

  const combobox = useCombobox<ProductBody>({
    items: suggestions,
    itemToString: (product) => product?.name ?? "",
    inputValue: text,
    selectedItem: null,
    isOpen: draft !== null && draft.trim() !== "" && suggestions.length > 0,
    onSelectedItemChange: ({ selectedItem }) => {
      if (selectedItem) go(`/products/${selectedItem.id}`);
    },
    stateReducer: (state, { type, changes }) => {
      switch (type) {
        // Between the last and the first suggestion, the arrows pass the field itself.
        case useCombobox.stateChangeTypes.InputKeyDownArrowDown:
        case useCombobox.stateChangeTypes.InputKeyDownArrowUp:
          return { ...changes, highlightedIndex: nextIndex(state.highlightedIndex, type) };
        // Only Enter and a click choose a suggestion.
        case useCombobox.stateChangeTypes.InputBlur:
          return { ...changes, selectedItem: null };
        default:
          return changes;
      }
    },
  });

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

  function nextIndex(index: number, type: unknown): number {
    const step = type === useCombobox.stateChangeTypes.InputKeyDownArrowDown ? 1 : -1;
    const positions = suggestions.length + 1;
    return ((index + 1 + step + positions) % positions) - 1;
  }
  function go(to: string) {
    setDraft(null);
    input.current?.blur();
    navigate(to);
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    const query = text.trim();
    go(query ? `/products?q=${encodeURIComponent(query)}` : "/products");
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Escape") setDraft(null);
    // Without a highlighted suggestion, Enter submits the form.
    if (event.key === "Enter" && combobox.highlightedIndex < 0) {
      Object.assign(event.nativeEvent, { preventDownshiftDefault: true });
    }
  }
  return (
    <search className="site-search">
      <form className="search-field" onSubmit={submit}>
        <Icon name="search" />
        <input
          {...combobox.getInputProps({
            ref: input,
            "aria-label": label,
            // Downshift's own event arrives too late to keep the cursor's position.
            onChange: (event) => setDraft(event.currentTarget.value),
            onBlur: () => setDraft(null),
            onKeyDown,
          })}
          className="form-control"
          type="search"
          placeholder="Search products"
          maxLength={limits.q.maxLength}
        />
        {hasShortcut && <kbd>/</kbd>}
      </form>
      <div
        {...combobox.getMenuProps({ "aria-label": "Suggestions" })}
        className="suggestions"
        hidden={!combobox.isOpen}
      >
        {suggestions.map((product, index) => (
          <div
            {...combobox.getItemProps({ item: product, index })}
            key={product.id}
            className="suggestion"
          >
            <ProductPicture product={product} sizes="32px" />
            <span className="name">{product.name}</span>
            <span className="money muted">{formatMoney(product.price)}</span>
          </div>
        ))}
      </div>
    </search>
  );
}
