import type { DeadLetterBody } from "@/api";
import { TimeAgo } from "@/components/TimeAgo";
import { discardDeadLetter } from "../api/discardDeadLetter";
import type { DeadLetterOwner } from "../api/listDeadLetters";
import { replayDeadLetter } from "../api/replayDeadLetter";
import { ParkedActions } from "./ParkedActions";

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
      {letter.status === "parked" && (
        <ParkedActions
          queryKey={["admin", "dead-letters"]}
          retry={{
            button: "Replay",
            run: () => replayDeadLetter(owner, letter.id),
            done: "Event applied.",
          }}
          discard={{
            run: (reason) => discardDeadLetter(owner, letter.id, reason),
            done: "Dead letter discarded. You can find it under “Discarded”.",
          }}
        />
      )}
    </li>
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
