import { useCombobox } from "downshift";
import type { ProductBody } from "@/api";

const {
  InputKeyDownArrowDown: ARROW_DOWN,
  InputKeyDownArrowUp: ARROW_UP,
  InputBlur: BLUR,
} = useCombobox.stateChangeTypes;

interface Options {
  products: ProductBody[];
  text: string;
  isOpen: boolean;
  onChoose: (product: ProductBody) => void;
}

/** A combobox of products. The focus stays in the field, and only Enter or a click choose one. */
export function useProductCombobox({ products, text, isOpen, onChoose }: Options) {
  // Between the last and the first product, the arrow keys return to the field itself.
  function nextIndex(index: number, step: number): number {
    const positions = products.length + 1;
    return ((index + 1 + step + positions) % positions) - 1;
  }
  return useCombobox<ProductBody>({
    items: products,
    itemToString: (product) => product?.name ?? "",
    inputValue: text,
    selectedItem: null,
    isOpen,
    onSelectedItemChange: ({ selectedItem }) => {
      if (selectedItem) onChoose(selectedItem);
    },
    stateReducer: ({ highlightedIndex }, { type, changes }) => {
      if (type === ARROW_DOWN)
        return { ...changes, highlightedIndex: nextIndex(highlightedIndex, 1) };
      if (type === ARROW_UP)
        return { ...changes, highlightedIndex: nextIndex(highlightedIndex, -1) };
      if (type === BLUR) return { ...changes, selectedItem: null };
      return changes;
    },
  });
}
