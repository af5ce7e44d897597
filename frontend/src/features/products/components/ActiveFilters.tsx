import { Icon } from "@/components/Icon";
import { formatMoney } from "@/lib/money";
import { capitalize } from "@/lib/text";
import type { CatalogueParams } from "../catalogueParams";

interface Props {
  params: CatalogueParams;
  onChange: (part: Partial<CatalogueParams>) => void;
}

type Chip = [label: string, without: Partial<CatalogueParams>];

export function ActiveFilters({ params, onChange }: Props) {
  const chips = chipsOf(params);
  if (chips.length === 0) return null;
  return (
    <ul className="active-filters plain-list" aria-label="Active filters">
      {chips.map(([label, without]) => (
        <li key={label}>
          <button type="button" className="filter-chip" onClick={() => onChange(without)}>
            {label}
            <Icon name="close" />
            <span className="visually-hidden">, remove this filter</span>
          </button>
        </li>
      ))}
      {chips.length > 1 && (
        <li>
          <button type="button" className="btn btn-link" onClick={() => onChange(NO_FILTERS)}>
            Clear all
          </button>
        </li>
      )}
    </ul>
  );
}

export const NO_FILTERS: Partial<CatalogueParams> = {
  q: "",
  category: "",
  min: "",
  max: "",
  inStock: false,
};

function chipsOf({ q, category, min, max, inStock }: CatalogueParams): Chip[] {
  const chips: Chip[] = [];
  if (q) chips.push([`“${q}”`, { q: "" }]);
  if (category) chips.push([capitalize(category), { category: "" }]);
  if (min) chips.push([`From ${formatMoney(Number(min))}`, { min: "" }]);
  if (max) chips.push([`Up to ${formatMoney(Number(max))}`, { max: "" }]);
  if (inStock) chips.push(["In stock", { inStock: false }]);
  return chips;
}
