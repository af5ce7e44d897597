import { useEffect, useRef, useState } from "react";
import Button from "react-bootstrap/Button";
import type { ProductBody } from "@/api";
import { Notice } from "@/components/Notice";
import {
  changesOf,
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
  const touched = changesOf(draft, base);
  const [chosen, setChosen] = useState<Partial<Record<DraftField, Side>>>({});
  const notice = useRef<HTMLDivElement>(null);

  // It takes the place of the form, whose button had the focus.
  useEffect(() => notice.current?.focus(), []);

  /** What was not touched here is theirs, unless it is chosen back. */
  function sideOf(field: DraftField): Side {
    return chosen[field] ?? (field in touched ? "mine" : "theirs");
  }
  function settle() {
    const kept = draftOf(theirs);
    const mine = differences.filter(({ field }) => sideOf(field) === "mine");
    const fields = Object.fromEntries(mine.map(({ field }) => [field, draft[field]]));
    onSettle({ ...kept, ...fields });
  }
  return (
    <div ref={notice} className="form-stack" tabIndex={-1}>
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
          side={sideOf(difference.field)}
          onChoose={(side) => setChosen({ ...chosen, [difference.field]: side })}
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
