import { type ComponentProps, useEffect, useEffectEvent, useState } from "react";
import { useDebounced } from "@/lib/useDebounced";

interface Props extends Omit<ComponentProps<"input">, "value" | "onChange"> {
  value: string;
  onSettled: (value: string) => void;
}

const PAUSE_MILLISECONDS = 300;

/** A field whose text counts once the typing pauses. */
export function DraftInput({ value, onSettled, ...others }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const settled = useDebounced(draft, PAUSE_MILLISECONDS);
  const report = useEffectEvent(onSettled);

  useEffect(() => {
    if (settled !== null) report(settled.trim());
  }, [settled]);
  return (
    <input
      {...others}
      value={draft ?? value}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={() => {
        if (draft !== null) onSettled(draft.trim());
        setDraft(null);
      }}
    />
  );
}
