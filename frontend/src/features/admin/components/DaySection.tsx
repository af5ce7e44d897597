import { lazy, Suspense, useState } from "react";
import type { DayBody } from "@/api";
import { formatMoney } from "@/lib/money";
import { formatDay } from "@/lib/time";
import { DataTable } from "./DataTable";

// The plotting library is larger than the rest of the page, so it comes after it.
const DayPlot = lazy(() => import("./DayPlot"));

type Measure = "orders" | "revenue";

export function DaySection({ days }: { days: DayBody[] }) {
  const [of, setOf] = useState<Measure>("orders");
  return (
    <section className="panel" aria-labelledby="by-day">
      <div className="summary-head">
        <h2 id="by-day">By day</h2>
        <fieldset className="segmented">
          <legend className="visually-hidden">What the bars show</legend>
          {(["orders", "revenue"] as const).map((each) => (
            <label key={each}>
              <input
                type="radio"
                name="measure"
                checked={of === each}
                onChange={() => setOf(each)}
              />
              <span>{each === "orders" ? "Orders" : "Revenue"}</span>
            </label>
          ))}
        </fieldset>
      </div>
      <Suspense fallback={<div className="plot" />}>
        <DayPlot days={days} of={of} />
      </Suspense>
      <details className="figures">
        <summary>The figures as a table</summary>
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
