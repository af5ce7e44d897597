import type { KeyboardEvent } from "react";
import { ProductPicture } from "@/components/ProductPicture";
import { formatMoney } from "@/lib/money";
import { useProductCombobox } from "../useProductCombobox";
import type { Search } from "../useSearch";
import { useSuggestions } from "../useSuggestions";
import { SearchField } from "./SearchField";

export interface SuggestingFieldProps {
  search: Search;
  label: string;
  hasShortcut: boolean;
}

/** A search field that suggests products. */
export default function SuggestingField({ search, label, hasShortcut }: SuggestingFieldProps) {
  const { products, status } = useSuggestions(search.suggestFor);
  const combobox = useProductCombobox({
    products,
    text: search.text,
    isOpen: search.isTyping && products.length > 0,
    onChoose: (product) => search.go(`/products/${product.id}`),
  });

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Escape") search.discard();
    // Without a highlighted suggestion, Enter submits the form.
    if (event.key === "Enter" && combobox.highlightedIndex < 0) {
      Object.assign(event.nativeEvent, { preventDownshiftDefault: true });
    }
  }
  const inputProps = combobox.getInputProps({
    ref: search.input,
    "aria-label": label,
    // Downshift's own change event is too late: the cursor would jump to the end.
    onChange: (event) => search.type(event.currentTarget.value),
    onBlur: search.discard,
    onKeyDown,
  });
  return (
    <>
      <SearchField search={search} hasShortcut={hasShortcut} inputProps={inputProps} />
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
      <p className="visually-hidden" role="status">
        {search.isTyping && status}
      </p>
    </>
  );
}
