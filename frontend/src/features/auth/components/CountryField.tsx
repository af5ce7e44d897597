import { useQuery } from "@tanstack/react-query";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { countriesQuery } from "../api/listCountries";
import { countryName } from "../countries";

interface Props {
  value: string;
  error?: string | undefined;
  /** Whether the field is in a form that replaces the button that was pressed. */
  autoFocus?: boolean;
  onChange: (country: string) => void;
}

/** The choice of a country, which decides what the other fields of an address are. */
export function CountryField({ value, error: message, autoFocus = false, onChange }: Props) {
  const { data, error, refetch } = useQuery(countriesQuery);
  const countries = data ?? [{ code: value, name: countryName(value) }];
  return (
    <>
      {error && <ErrorNotice error={error} onRetry={() => refetch()} />}
      <Field label="Country or region" kind="form-select" error={message}>
        {(control) => (
          <select
            {...control}
            value={value}
            onChange={(event) => onChange(event.target.value)}
            autoComplete="country"
            // biome-ignore lint/a11y/noAutofocus: see the property.
            autoFocus={autoFocus}
          >
            {countries.map(({ code, name }) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
    </>
  );
}
