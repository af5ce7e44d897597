import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import Button from "react-bootstrap/Button";
import type { Letter } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { TimeAgo } from "@/components/TimeAgo";
import { toast } from "@/components/toasts";
import { focusOnce } from "@/lib/focusOnce";
import { discardLetter } from "../api/discardLetter";
import type { LetterOwner } from "../api/listLetters";
import { replayLetter } from "../api/replayLetter";

interface Props {
  owner: LetterOwner;
  letter: Letter;
}

/** One event: what failed, why, since when, and what can be done. */
export function LetterCard({ owner, letter }: Props) {
  return (
    <li className="panel letter">
      <div className="summary-head">
        <h3>{letter.type || "Unreadable event"}</h3>
        <span className="small-text muted">
          <TimeAgo time={letter.parked_at} />
        </span>
      </div>
      <p>{letter.reason}</p>
      <p className="small-text muted breakable">
        {letter.topic}, partition {letter.partition}, offset {letter.offset}, key {letter.key}
      </p>
      <details>
        <summary>The event</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls has to be reached by keyboard. */}
        <pre tabIndex={0}>{readable(letter.event)}</pre>
      </details>
      {letter.history.map((step) => (
        <p key={step.at} className="small-text">
          {step.action} by {step.actor} <TimeAgo time={step.at} />
          {step.detail && `: ${step.detail}`}
        </p>
      ))}
      {letter.status === "parked" && <Decision owner={owner} letter={letter} />}
    </li>
  );
}

function Decision({ owner, letter }: Props) {
  const [reason, setReason] = useState<string | null>(null);
  const [wasKept, setKept] = useState(false);
  const queries = useQueryClient();
  // A replay that fails is noted, and someone else may have decided: the list is read anew always.
  const onSettled = () => queries.invalidateQueries({ queryKey: ["admin", "letters"] });
  const replaying = useMutation({
    mutationFn: () => replayLetter(owner, letter.id),
    onSuccess: () => toast("The event is applied now."),
    onSettled,
  });
  const discarding = useMutation({
    mutationFn: () => discardLetter(owner, letter.id, (reason ?? "").trim()),
    onSuccess: () => toast("The event is discarded; it is kept, and marked so."),
    onSettled,
  });
  const error = reason === null ? replaying.error : discarding.error;

  function discard(event: FormEvent) {
    event.preventDefault();
    if (reason?.trim() && !discarding.isPending) discarding.mutate();
  }
  return (
    <>
      {error && <ErrorNotice error={error} />}
      {reason === null ? (
        <div className="row-actions">
          <Button
            variant="outline-secondary"
            disabled={replaying.isPending}
            onClick={() => replaying.mutate()}
          >
            Replay
          </Button>
          <Button
            ref={wasKept ? focusOnce : undefined}
            variant="outline-danger"
            onClick={() => setReason("")}
          >
            Discard…
          </Button>
        </div>
      ) : (
        <form className="inline-form" onSubmit={discard}>
          <Field label="Why it can be discarded">
            {(control) => (
              <input
                {...control}
                ref={focusOnce}
                value={reason}
                maxLength={500}
                onChange={(event) => setReason(event.target.value)}
              />
            )}
          </Field>
          <Button
            type="submit"
            variant="outline-danger"
            disabled={!reason.trim() || discarding.isPending}
          >
            Discard
          </Button>
          <Button
            variant="quiet"
            onClick={() => {
              setReason(null);
              setKept(true);
            }}
          >
            Keep it
          </Button>
        </form>
      )}
    </>
  );
}

/** JSON with line breaks where it is JSON. */
export function readable(event: string): string {
  try {
    return JSON.stringify(JSON.parse(event), null, 2);
  } catch {
    return event;
  }
}
