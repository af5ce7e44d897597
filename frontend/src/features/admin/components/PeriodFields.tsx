import { Field } from "@/components/Field";

interface Period {
  /** The first and the last day, or empty strings. */
  since: string;
  until: string;
}

interface Props {
  period: Period;
  onChange: (values: Record<string, string>) => void;
}

/** The first and the last day of a period, to filter a list. */
export function PeriodFields({ period: { since, until }, onChange }: Props) {
  const error =
    since && until && since > until ? "The end date must not be before the start date." : undefined;
  return (
    <>
      <Field label="From">
        {(control) => (
          <input
            {...control}
            type="date"
            value={since}
            onChange={(event) => onChange({ since: event.target.value })}
          />
        )}
      </Field>
      <Field label="To" error={error}>
        {(control) => (
          <input
            {...control}
            type="date"
            value={until}
            onChange={(event) => onChange({ until: event.target.value })}
          />
        )}
      </Field>
    </>
  );
}
