import type { ReactNode } from "react";

interface Props {
  label: string;
  value: ReactNode;
  note?: ReactNode;
}

/** A figure with a note, such as the previous day's figure. */
export function Tile({ label, value, note }: Props) {
  return (
    <div className="tile panel">
      <dt>{label}</dt>
      <dd className="display-face figure">{value}</dd>
      <dd className="small-text muted">{note}</dd>
    </div>
  );
}
