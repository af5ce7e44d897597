import { useQuery } from "@tanstack/react-query";
import { listAllProductsQueryLimits as limits } from "@/api/generated/limits.gen";
import { Field } from "@/components/Field";
import { categoryNamesQuery } from "@/features/products/api/listCategories";
import { LOW_STOCK } from "@/lib/settings";
import { capitalize } from "@/lib/text";
import { PRODUCT_SORTS, type ProductParams } from "../adminParams";
import { DebouncedInput } from "./DebouncedInput";

interface Props {
  params: ProductParams;
  onChange: (values: Record<string, string>) => void;
}

export function ProductFilters({ params, onChange }: Props) {
  const { data: names = [] } = useQuery(categoryNamesQuery);
  // A URL can name a category that does not exist.
  const categories = params.category ? [...new Set([...names, params.category])] : names;
  return (
    <div className="filter-row">
      <Field label="Search">
        {(control) => (
          <DebouncedInput
            {...control}
            type="search"
            value={params.q}
            maxLength={limits.q.maxLength}
            onTextChange={(q) => onChange({ q })}
          />
        )}
      </Field>
      <Choice
        label="Category"
        value={params.category}
        options={[["", "All"], ...categories.map((name): Option => [name, capitalize(name)])]}
        onChange={(category) => onChange({ category })}
      />
      <Choice
        label="Show"
        value={params.archived}
        options={[
          ["", "All"],
          ["no", "For sale only"],
          ["yes", "Archived only"],
        ]}
        onChange={(archived) => onChange({ archived })}
      />
      <Choice
        label="Stock"
        value={params.stock}
        options={[
          ["", "Any"],
          ["low", `Low (${LOW_STOCK} or fewer)`],
          ["out", "Sold out"],
        ]}
        onChange={(stock) => onChange({ stock })}
      />
      <Choice
        label="Sort"
        value={params.sort}
        options={Object.entries(PRODUCT_SORTS)}
        onChange={(sort) => onChange({ sort })}
      />
    </div>
  );
}

type Option = [value: string, label: string];

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly Option[];
  onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <Field label={label} kind="form-select">
      {(control) => (
        <select {...control} value={value} onChange={(event) => onChange(event.target.value)}>
          {options.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
