import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import type { DeadLetterBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { TimeAgo } from "@/components/TimeAgo";
import { toast } from "@/components/toastStore";
import { focusOnMount } from "@/lib/focusOnMount";
import type { DeadLetterOwner } from "../api/listDeadLetters";
import { replayDeadLetter } from "../api/replayDeadLetter";
import { DiscardForm } from "./DiscardForm";

interface Props {
  owner: DeadLetterOwner;
  letter: DeadLetterBody;
}

const ACTION_LABELS: Partial<Record<string, string>> = {
  replay: "Replayed by",
  "replay failed": "Replay failed, tried by",
  discard: "Discarded by",
};

/** A dead letter: the event, the reason, and the actions Replay and Discard. */
export function DeadLetterCard({ owner, letter }: Props) {
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
        <summary>Show event</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users must be able to scroll it. */}
        <pre tabIndex={0}>{formatEvent(letter.event)}</pre>
      </details>
      {letter.history.map((entry) => (
        <p key={entry.at} className="small-text">
          {ACTION_LABELS[entry.action] ?? `${entry.action} by`} {entry.actor}{" "}
          <TimeAgo time={entry.at} />
          {entry.detail && `: ${entry.detail}`}
        </p>
      ))}
      {letter.status === "parked" && <Actions owner={owner} letter={letter} />}
    </li>
  );
}

function Actions({ owner, letter }: Props) {
  const [isDiscarding, setDiscarding] = useState(false);
  const [wasKept, setKept] = useState(false);
  const queries = useQueryClient();
  // Refresh after a failure too: the server records failed replays, and another admin may have
  // acted.
  const refresh = () => queries.invalidateQueries({ queryKey: ["admin", "dead-letters"] });
  const replaying = useMutation({
    mutationFn: () => replayDeadLetter(owner, letter.id),
    onSuccess: () => toast("Event applied."),
    onSettled: refresh,
  });
  function keep() {
    setDiscarding(false);
    setKept(true);
  }
  if (isDiscarding) {
    return <DiscardForm owner={owner} id={letter.id} onSettled={refresh} onCancel={keep} />;
  }
  return (
    <>
      {replaying.error && <ErrorNotice error={replaying.error} />}
      <div className="row-actions">
        <Button
          variant="outline-secondary"
          disabled={replaying.isPending}
          onClick={() => replaying.mutate()}
        >
          Replay
        </Button>
        <Button
          ref={wasKept ? focusOnMount : undefined}
          variant="outline-danger"
          onClick={() => setDiscarding(true)}
        >
          Discard…
        </Button>
      </div>
    </>
  );
}

/** Indent the event if it is JSON. */
function formatEvent(event: string): string {
  try {
    return JSON.stringify(JSON.parse(event), null, 2);
  } catch {
    return event;
  }
}
