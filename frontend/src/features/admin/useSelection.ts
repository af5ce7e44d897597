import { useRef, useState } from "react";

/** Return the selected ids among those that are shown, and functions that change the selection. */
export function useSelection(shown: readonly string[]) {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const last = useRef<string | null>(null);
  const selected = shown.filter((id) => ids.has(id));

  /** Select or deselect an id, or all from the last one that was toggled to this one. */
  function toggle(id: string, isRange: boolean) {
    const next = new Set(selected);
    const isSelected = !next.has(id);
    for (const each of isRange ? rangeTo(id) : [id]) {
      if (isSelected) next.add(each);
      else next.delete(each);
    }
    last.current = id;
    setIds(next);
  }
  function rangeTo(id: string): readonly string[] {
    const from = last.current === null ? -1 : shown.indexOf(last.current);
    const to = shown.indexOf(id);
    return from < 0 ? [id] : shown.slice(Math.min(from, to), Math.max(from, to) + 1);
  }
  return {
    selected,
    has: (id: string) => ids.has(id),
    toggle,
    select: (chosen: readonly string[]) => setIds(new Set(chosen)),
    clear: () => setIds(new Set()),
  };
}
