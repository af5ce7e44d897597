import type { ComponentProps } from "react";
import { listProductsQueryLimits as limits } from "@/api/generated/limits.gen";
import { Icon } from "@/components/Icon";
import type { Search } from "../useSearch";

interface Props {
  search: Search;
  hasShortcut: boolean;
  inputProps: ComponentProps<"input">;
}

/** A form with a text field that searches the catalogue. */
export function SearchField({ search, hasShortcut, inputProps }: Props) {
  return (
    <form className="search-field" onSubmit={search.submit}>
      <Icon name="search" />
      <input
        {...inputProps}
        className="form-control"
        type="search"
        placeholder="Search products"
        maxLength={limits.q.maxLength}
      />
      {hasShortcut && <kbd>/</kbd>}
    </form>
  );
}
