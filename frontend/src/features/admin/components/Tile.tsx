import type { ReactNode } from "react";

interface Props {
  label: string;
  value: ReactNode;
  note?: ReactNode;
}

/** A figure with a note, such as the figure of the day before. */
export function Tile({ label, value, note }: Props) {
  return (
    <div className="tile panel">
      <dt>{label}</dt>
      <dd className="display-face figure">{value}</dd>
      <dd className="small-text muted">{note}</dd>
    </div>
  );
}
