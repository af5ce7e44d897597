import { pluralize } from "@/lib/text";
import type { PlannedChange } from "../bulk";
import { type Column, DataTable } from "./DataTable";

const COLUMNS: Column<PlannedChange>[] = [
  { label: "Product", isHead: true, cell: ({ product }) => product.name },
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
  const changed = plans.filter(({ change }) => change !== null).length;
  const impossible = plans.filter(({ error }) => error).length;
  return (
    <>
      <p role="status" className="muted">
        {plans.length > 0 &&
          `${pluralize(changed, "product")} will change. ${plans.length - changed - impossible} already have this value. ${impossible} can't change.`}
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
