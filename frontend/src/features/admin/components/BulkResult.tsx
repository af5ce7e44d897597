import { useEffect, useRef } from "react";
import Button from "react-bootstrap/Button";
import { Icon } from "@/components/Icon";
import { pluralize } from "@/lib/text";
import type { BulkOutcome } from "../useBulkChange";

interface Props {
  outcome: BulkOutcome;
  isPending: boolean;
  onUndo: () => void;
  onDismiss: () => void;
}

/** What a change of several products has done, with Undo and a list of what was refused. */
export function BulkResult({ outcome, isPending, onUndo, onDismiss }: Props) {
  const { isUndo, applied, refusals, undo } = outcome;
  const done = isUndo ? "Undone for" : "Changed";
  const heading = useRef<HTMLHeadingElement>(null);
  // In an effect, because the dialog returns the focus when it closes.
  useEffect(() => heading.current?.focus(), []);
  return (
    <section className="panel bulk-result spaced" aria-labelledby="bulk-result">
      <div className="summary-head">
        <h2 id="bulk-result" tabIndex={-1} ref={heading}>
          {done} {pluralize(applied, "product")}
        </h2>
        <Button
          variant="quiet"
          className="btn-icon"
          aria-label="Dismiss the result"
          onClick={onDismiss}
        >
          <Icon name="close" />
        </Button>
      </div>
      {refusals.length > 0 && (
        <>
          <p>{pluralize(refusals.length, "change was", "changes were")} refused:</p>
          <ul>
            {refusals.map(({ id, name, reason }) => (
              <li key={id}>
                <strong>{name}</strong>: {reason}
              </li>
            ))}
          </ul>
        </>
      )}
      {undo && (
        <div className="row-actions">
          <Button variant="outline-secondary" disabled={isPending} onClick={onUndo}>
            <Icon name="undo" />
            Undo
          </Button>
        </div>
      )}
    </section>
  );
}
