import { capitalize, pluralize } from "@/lib/text";
import type { PlannedChange } from "../bulk";
import { type Column, DataTable } from "./DataTable";

const COLUMNS: Column<PlannedChange>[] = [
  { label: "Product", isHead: true, cell: ({ product }) => capitalize(product.name) },
  { label: "Now", cell: ({ before }) => before },
  {
    label: "Then",
    cell: ({ after, change, error }) => {
      if (error) return <span className="field-error">{error}</span>;
      return change ? <strong>{after}</strong> : <span className="muted">No change</span>;
    },
  },
];

/** What an action does to each product. */
export function BulkPreview({ plans }: { plans: PlannedChange[] }) {
  return (
    <>
      <p role="status" className="muted">
        {plans.length > 0 && summarize(plans)}
      </p>
      {plans.length > 0 && (
        <DataTable
          caption="The result"
          rows={plans}
          rowKey={({ product }) => product.id}
          columns={COLUMNS}
        />
      )}
    </>
  );
}

function summarize(plans: readonly PlannedChange[]): string {
  const changed = plans.filter(({ change }) => change !== null).length;
  const impossible = plans.filter(({ error }) => error).length;
  const same = plans.length - changed - impossible;
  return [
    `${pluralize(changed, "product")} will change.`,
    same > 0 ? `${same} already ${same === 1 ? "has" : "have"} this value.` : "",
    impossible > 0 ? `${impossible} can't change.` : "",
  ].join(" ");
}
