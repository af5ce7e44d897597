import { useId } from "react";
import Button from "react-bootstrap/Button";
import { pluralize } from "@/lib/text";

interface Props {
  shown: number;
  selected: number;
  onSelectAll: () => void;
  onClear: () => void;
  onChange: () => void;
}

/** Selects all products that are shown, and changes the selected ones. */
export function SelectionBar({ shown, selected, onSelectAll, onClear, onChange }: Props) {
  const id = useId();
  const isAll = selected === shown;
  return (
    <div className="selection-bar">
      <label className="select-box" htmlFor={id}>
        <input
          id={id}
          type="checkbox"
          className="form-check-input"
          checked={isAll}
          ref={(box) => {
            if (box) box.indeterminate = selected > 0 && !isAll;
          }}
          onChange={isAll ? onClear : onSelectAll}
        />
        Select all {shown} shown
      </label>
      <span role="status" className="muted">
        {selected > 0 && `${pluralize(selected, "product")} selected`}
      </span>
      {selected > 0 && (
        <>
          <Button onClick={onChange}>Change selected…</Button>
          <Button variant="quiet" onClick={onClear}>
            Clear selection
          </Button>
        </>
      )}
    </div>
  );
}
