import { useSearchParams } from "react-router";

/** Return the parameters of the URL, and a function that changes some of them. */
export function useUrlFilters() {
  const [search, setSearch] = useSearchParams();

  /** Set parameters. An empty text removes a parameter. */
  function change(values: Record<string, string>, { addsHistoryEntry = false } = {}) {
    const next = new URLSearchParams(search);
    for (const [name, value] of Object.entries(values)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    setSearch(next, { preventScrollReset: true, replace: !addsHistoryEntry });
  }
  return [search, change] as const;
}
