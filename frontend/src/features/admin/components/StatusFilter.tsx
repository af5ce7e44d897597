import { useSearchParams } from "react-router";
import { Field } from "@/components/Field";

interface Props<Status extends string> {
  /** What each status is called. */
  statuses: Record<Status, string>;
  value: Status;
}

/** Chooses the status of the items to show, which the URL holds. */
export function StatusFilter<Status extends string>({ statuses, value }: Props<Status>) {
  const [, setSearch] = useSearchParams();
  return (
    <div className="filter-row">
      <Field label="Show" kind="form-select">
        {(control) => (
          <select
            {...control}
            value={value}
            onChange={(event) => setSearch({ status: event.target.value }, { replace: true })}
          >
            {Object.entries<string>(statuses).map(([status, label]) => (
              <option key={status} value={status}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  );
}
