import { useState } from "react";
import Button from "react-bootstrap/Button";
import type { ProductBody } from "@/api";
import { Notice } from "@/components/Notice";
import {
  type Difference,
  type Draft,
  type DraftField,
  differencesOf,
  draftOf,
} from "../productForm";

interface Props {
  draft: Draft;
  base: ProductBody;
  theirs: ProductBody;
  onSettle: (draft: Draft) => void;
}

type Side = "mine" | "theirs";

/** Someone saved the product meanwhile: theirs beside mine, and a choice for each field. */
export function Conflict({ draft, base, theirs, onSettle }: Props) {
  const differences = differencesOf(draft, base, theirs);
  const [sides, setSides] = useState<Partial<Record<DraftField, Side>>>({});

  function settle() {
    const kept = draftOf(theirs);
    const mine = differences.filter(({ field }) => sides[field] !== "theirs");
    const chosen = Object.fromEntries(mine.map(({ field }) => [field, draft[field]]));
    onSettle({ ...kept, ...chosen });
  }
  return (
    <div className="form-stack">
      <Notice tone="warn" title="Someone changed this product meanwhile">
        Nothing of yours is lost. Choose what to keep, then save again.
      </Notice>
      {differences.length === 0 && (
        <p>They changed nothing that you did not: it can simply be saved.</p>
      )}
      {differences.map((difference) => (
        <Choice
          key={difference.field}
          difference={difference}
          side={sides[difference.field] ?? "mine"}
          onChoose={(side) => setSides({ ...sides, [difference.field]: side })}
        />
      ))}
      <Button onClick={settle}>Go on with these</Button>
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
  return (
    <fieldset>
      <legend className="form-label">{label}</legend>
      <div className="conflict-sides">
        {(
          [
            ["mine", "Mine", mine],
            ["theirs", "Theirs", theirs],
          ] as const
        ).map(([value, title, text]) => (
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
              <span className="breakable">{text || "nothing"}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
