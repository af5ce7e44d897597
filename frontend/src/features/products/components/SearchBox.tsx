import { type FormEvent, type KeyboardEvent, useRef } from "react";
import { useNavigate } from "react-router";
import { listProductsQueryLimits as limits } from "@/api/generated/limits.gen";
import { Icon } from "@/components/Icon";
import { ProductPicture } from "@/components/ProductPicture";
import { formatMoney } from "@/lib/money";
import { useProductCombobox } from "../useProductCombobox";
import { useSearchShortcut } from "../useSearchShortcut";
import { useSearchText } from "../useSearchText";
import { useSuggestions } from "../useSuggestions";

interface Props {
  label: string;
  hasShortcut?: boolean;
}

/** The search field. It suggests products; on the catalogue page it filters the list instead. */
export function SearchBox({ label, hasShortcut = false }: Props) {
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const { text, isTyping, suggestFor, type, discard } = useSearchText();
  const products = useSuggestions(suggestFor);
  const combobox = useProductCombobox({
    products,
    text,
    isOpen: isTyping && products.length > 0,
    onChoose: (product) => go(`/products/${product.id}`),
  });
  useSearchShortcut(input, hasShortcut);

  function go(to: string) {
    discard();
    input.current?.blur();
    navigate(to);
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    const query = text.trim();
    go(query ? `/products?${new URLSearchParams({ q: query })}` : "/products");
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Escape") discard();
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
            // Downshift's own change event is too late: the cursor would jump to the end.
            onChange: (event) => type(event.currentTarget.value),
            onBlur: discard,
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
        {products.map((product, index) => (
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
