import type { DayBody } from "@/api";
import { formatDay } from "@/lib/time";

interface Props {
  days: DayBody[];
  measure: "orders" | "revenue";
}

const COMPACT = new Intl.NumberFormat("en", { notation: "compact" });

/** A bar chart without a library. Screen readers use the table beside it. */
export function DayBars({ days, measure }: Props) {
  const maximum = Math.max(...days.map((day) => day[measure]), 1);
  const [first, last] = [days[0], days.at(-1)];
  return (
    <div className="plot day-bars" aria-hidden="true">
      <span className="maximum">{COMPACT.format(maximum)}</span>
      <svg aria-hidden="true" viewBox={`0 0 ${days.length} 100`} preserveAspectRatio="none">
        {days.map((day, index) => {
          const height = (day[measure] / maximum) * 100;
          return (
            <rect key={day.day} x={index + 0.12} y={100 - height} width={0.76} height={height} />
          );
        })}
      </svg>
      {first && <span className="first">{formatDay(first.day)}</span>}
      {last && <span className="last">{formatDay(last.day)}</span>}
    </div>
  );
}
