import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { DayBody } from "@/api";
import { formatMoney } from "@/lib/money";
import { formatDay } from "@/lib/time";

interface Props {
  days: DayBody[];
  measure: "orders" | "revenue";
}

/** An interactive bar chart. Screen readers use the table beside it. */
export default function DayPlot({ days, measure }: Props) {
  const format = measure === "revenue" ? formatMoney : String;
  return (
    <div className="plot" aria-hidden="true">
      <ResponsiveContainer width="100%" height="100%">
        <BarChart
          data={days}
          margin={{ top: 4, right: 0, bottom: 0, left: 0 }}
          accessibilityLayer={false}
        >
          <CartesianGrid vertical={false} stroke="var(--bs-border-color)" />
          <XAxis
            dataKey="day"
            tickFormatter={shortDay}
            tickLine={false}
            axisLine={false}
            minTickGap={32}
            tick={TICK}
          />
          <YAxis
            allowDecimals={false}
            tickLine={false}
            axisLine={false}
            width={44}
            tick={TICK}
            tickFormatter={compact}
          />
          <Tooltip
            cursor={{ fill: "var(--shop-sunken)" }}
            isAnimationActive={false}
            contentStyle={TOOLTIP}
            labelFormatter={(label) => formatDay(String(label))}
            formatter={(value) => [
              format(Number(value)),
              measure === "revenue" ? "Revenue" : "Orders",
            ]}
          />
          <Bar
            dataKey={measure}
            fill="var(--shop-accent)"
            radius={[3, 3, 0, 0]}
            isAnimationActive={false}
          />
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}

const TICK = { fill: "var(--bs-secondary-color)", fontSize: 12 };
const TOOLTIP = {
  background: "var(--shop-surface)",
  border: "1px solid var(--bs-border-color)",
  borderRadius: 8,
  color: "var(--bs-body-color)",
};
const COMPACT = new Intl.NumberFormat("en", { notation: "compact" });

function shortDay(day: string): string {
  return formatDay(day).replace(/ \d{4}$/, "");
}

function compact(value: number): string {
  return COMPACT.format(value);
}
