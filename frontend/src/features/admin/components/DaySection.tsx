import { lazy, Suspense, useState } from "react";
import type { DayBody } from "@/api";
import { formatMoney } from "@/lib/money";
import { formatDay } from "@/lib/time";
import { DataTable } from "./DataTable";
import { DayBars } from "./DayBars";

// The plotting library is larger than the whole shop: until someone points at the bars, to read
// one, they are drawn without it.
const DayPlot = lazy(() => import("./DayPlot"));

type Measure = "orders" | "revenue";

export function DaySection({ days }: { days: DayBody[] }) {
  const [of, setOf] = useState<Measure>("orders");
  const [isWanted, setWanted] = useState(false);
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
      <div onPointerEnter={() => setWanted(true)}>
        {isWanted ? (
          <Suspense fallback={<DayBars days={days} of={of} />}>
            <DayPlot days={days} of={of} />
          </Suspense>
        ) : (
          <DayBars days={days} of={of} />
        )}
      </div>
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
