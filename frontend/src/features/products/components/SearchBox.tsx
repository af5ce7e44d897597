import { useSearch } from "../useSearch";
import { useSuggestingField } from "../useSuggestingField";
import { SearchField } from "./SearchField";

interface Props {
  label: string;
  hasShortcut?: boolean;
}

/** The search field. It suggests products; on the catalogue page it filters the list instead. */
export function SearchBox({ label, hasShortcut = false }: Props) {
  const search = useSearch(hasShortcut);
  const SuggestingField = useSuggestingField(search.input);
  return (
    <search className="site-search">
      {SuggestingField ? (
        <SuggestingField search={search} label={label} hasShortcut={hasShortcut} />
      ) : (
        <SearchField
          search={search}
          hasShortcut={hasShortcut}
          inputProps={{
            ref: search.input,
            "aria-label": label,
            value: search.text,
            onChange: (event) => search.type(event.currentTarget.value),
            onBlur: search.discard,
            onKeyDown: (event) => event.key === "Escape" && search.discard(),
          }}
        />
      )}
    </search>
  );
}
