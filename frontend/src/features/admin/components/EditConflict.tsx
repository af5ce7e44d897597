import { useEffect, useRef, useState } from "react";
import Button from "react-bootstrap/Button";
import type { ProductBody } from "@/api";
import { Notice } from "@/components/Notice";
import {
  type ConflictField,
  type Difference,
  findDifferences,
  type ProductValues,
} from "../productForm";

interface Props {
  values: ProductValues;
  base: ProductBody;
  saved: ProductBody;
  onResolve: (mine: ConflictField[]) => void;
}

type Side = "mine" | "theirs";

/** Lets the user choose between their edit and what someone else has saved, field by field. */
export function EditConflict({ values, base, saved, onResolve }: Props) {
  const differences = findDifferences(values, base, saved);
  const [chosen, setChosen] = useState<Partial<Record<ConflictField, Side>>>({});
  const container = useRef<HTMLDivElement>(null);

  // Move the focus here, because the form that had it is gone.
  useEffect(() => container.current?.focus(), []);

  function sideOf({ field, isMine }: Difference): Side {
    return chosen[field] ?? (isMine ? "mine" : "theirs");
  }
  function resolve() {
    const mine = differences.filter((difference) => sideOf(difference) === "mine");
    onResolve(mine.map(({ field }) => field));
  }
  return (
    <div ref={container} className="form-stack" tabIndex={-1}>
      <Notice tone="warn" title="Someone else changed this product">
        Your changes are not lost. Choose which values to keep, then save again.
      </Notice>
      {differences.length === 0 && (
        <p>Your changes match the saved version. There is nothing to choose.</p>
      )}
      {differences.map((difference) => (
        <Choice
          key={difference.field}
          difference={difference}
          side={sideOf(difference)}
          onChoose={(side) => setChosen({ ...chosen, [difference.field]: side })}
        />
      ))}
      <Button onClick={resolve}>Continue with these values</Button>
    </div>
  );
}

interface ChoiceProps {
  difference: Difference;
  side: Side;
  onChoose: (side: Side) => void;
}

function Choice({ difference, side, onChoose }: ChoiceProps) {
  const { field, label, mine, theirs } = difference;
  const options = [
    { value: "mine", title: "Mine", text: mine },
    { value: "theirs", title: "Theirs", text: theirs },
  ] as const;
  return (
    <fieldset>
      <legend className="form-label">{label}</legend>
      <div className="conflict-sides">
        {options.map(({ value, title, text }) => (
          <label key={value} className={`conflict-side${side === value ? " is-chosen" : ""}`}>
            <input
              type="radio"
              className="form-check-input"
              name={`conflict-${field}`}
              checked={side === value}
              onChange={() => onChoose(value)}
            />
            <span>
              <strong>{title}</strong>
              <span className="breakable">{text || "(empty)"}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
