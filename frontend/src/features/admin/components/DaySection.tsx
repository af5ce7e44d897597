import { lazy, Suspense, useState } from "react";
import type { DayBody } from "@/api";
import { formatMoney } from "@/lib/money";
import { formatDay } from "@/lib/time";
import { DataTable } from "./DataTable";
import { DayBars } from "./DayBars";

// The chart library is larger than the whole shop, so it is loaded when the pointer enters the bars.
const DayPlot = lazy(() => import("./DayPlot"));

type Measure = "orders" | "revenue";

interface Props {
  days: DayBody[];
  /** The time zone of the days, by its IANA name. */
  timeZone: string;
}

export function DaySection({ days, timeZone }: Props) {
  const [measure, setMeasure] = useState<Measure>("orders");
  const [isInteractive, setInteractive] = useState(false);
  return (
    <section className="panel" aria-labelledby="by-day">
      <div className="summary-head">
        <h2 id="by-day">By day</h2>
        <fieldset className="segmented">
          <legend className="visually-hidden">Measure</legend>
          {(["orders", "revenue"] as const).map((option) => (
            <label key={option}>
              <input
                type="radio"
                name="measure"
                checked={measure === option}
                onChange={() => setMeasure(option)}
              />
              <span>{option === "orders" ? "Orders" : "Revenue"}</span>
            </label>
          ))}
        </fieldset>
      </div>
      <p className="small-text muted">Days in the shop's time zone, {timeZone}.</p>
      <div onPointerEnter={() => setInteractive(true)}>
        {isInteractive ? (
          <Suspense fallback={<DayBars days={days} measure={measure} />}>
            <DayPlot days={days} measure={measure} />
          </Suspense>
        ) : (
          <DayBars days={days} measure={measure} />
        )}
      </div>
      <details className="figures">
        <summary>Show as table</summary>
        <DataTable
          caption="Orders and revenue by day, newest first"
          rows={days.toReversed()}
          rowKey={(day) => day.day}
          columns={[
            { label: "Day", isHead: true, cell: (day) => formatDay(day.day) },
            { label: "Orders", isNumber: true, cell: (day) => day.orders },
            { label: "Revenue", isNumber: true, cell: (day) => formatMoney(day.revenue) },
          ]}
        />
      </details>
    </section>
  );
}
