import { type ComponentProps, useEffect, useEffectEvent, useState } from "react";
import { useDebounced } from "@/lib/useDebounced";

interface Props extends Omit<ComponentProps<"input">, "value" | "onChange"> {
  value: string;
  onTextChange: (value: string) => void;
}

const PAUSE_MILLISECONDS = 300;

/** A text field that reports its text when the user stops typing. */
export function DebouncedInput({ value, onTextChange, ...others }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const debounced = useDebounced(draft, PAUSE_MILLISECONDS);
  const report = useEffectEvent(onTextChange);

  useEffect(() => {
    if (debounced !== null) report(debounced.trim());
  }, [debounced]);
  return (
    <input
      {...others}
      value={draft ?? value}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={() => {
        if (draft !== null) onTextChange(draft.trim());
        setDraft(null);
      }}
    />
  );
}
