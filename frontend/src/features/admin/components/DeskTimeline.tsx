import type { TimelineEntryBody } from "@/api";
import { exactTime } from "@/lib/time";
import { ACTIONS } from "../desk";

/** Who did what with an order, the newest first. */
export function DeskTimeline({ timeline }: { timeline: readonly TimelineEntryBody[] }) {
  if (timeline.length === 0) return null;
  return (
    <section aria-labelledby="timeline" className="below">
      <h2 id="timeline">Timeline</h2>
      <ol className="plain-list desk-timeline">
        {timeline.toReversed().map(({ at, by, action, detail }) => (
          <li key={`${at}-${action}-${detail}`}>
            <strong>{ACTIONS[action]}</strong>
            {detail && <p className="order-note">{detail}</p>}
            <p className="small-text muted breakable">
              {by === "shop" ? "The shop" : by}, <time dateTime={at}>{exactTime(at)}</time>
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}
