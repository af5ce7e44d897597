import { useQuery } from "@tanstack/react-query";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { Icon } from "@/components/Icon";
import { countriesQuery } from "@/features/auth/api/listCountries";
import { countryName } from "@/features/auth/countries";

interface Props {
  value: readonly string[];
  error: string | undefined;
  onChange: (countries: string[]) => void;
}

/** Several countries: a choice that adds one, and a button for each that removes it. */
export function CountriesField({ value, error, onChange }: Props) {
  const countries = useQuery(countriesQuery);
  return (
    <div>
      {countries.error && (
        <ErrorNotice error={countries.error} onRetry={() => countries.refetch()} />
      )}
      <Field label="Add a country" kind="form-select" error={error}>
        {(control) => (
          <select
            {...control}
            value=""
            onChange={(event) => onChange([...value, event.target.value])}
          >
            <option value="">Choose…</option>
            {countries.data
              ?.filter(({ code }) => !value.includes(code))
              .map(({ code, name }) => (
                <option key={code} value={code}>
                  {name}
                </option>
              ))}
          </select>
        )}
      </Field>
      <ul className="plain-list views">
        {value.map((code) => (
          <li key={code}>
            <button
              type="button"
              className="filter-chip"
              aria-label={`Remove ${countryName(code)}`}
              onClick={() => onChange(value.filter((other) => other !== code))}
            >
              {countryName(code)}
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
