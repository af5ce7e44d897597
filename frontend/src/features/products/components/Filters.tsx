import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import Button from "react-bootstrap/Button";
import Form from "react-bootstrap/Form";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { SkeletonRows } from "@/components/Skeleton";
import { capital } from "@/lib/words";
import { categoriesQuery } from "../api/listCategories";
import { type CatalogueParams, price } from "../catalogueParams";

interface Props {
  params: CatalogueParams;
  onChange: (part: Partial<CatalogueParams>) => void;
  /** Tells the two copies (beside the grid, in the sheet) apart. */
  place: string;
}

export function Filters({ params, onChange, place }: Props) {
  const categories = useQuery(categoriesQuery);
  return (
    <div className="filters">
      <fieldset>
        <legend>Category</legend>
        {categories.isPending && <SkeletonRows count={10} height="32px" />}
        {categories.isError && (
          <ErrorNotice error={categories.error} onRetry={() => categories.refetch()} />
        )}
        {["", ...(categories.data ?? [])].map((each) => (
          <Form.Check
            key={each}
            type="radio"
            id={`${place}-category-${each}`}
            name={`${place}-category`}
            label={each ? capital(each) : "All"}
            checked={params.category === each}
            onChange={() => onChange({ category: each })}
          />
        ))}
      </fieldset>
      <PriceFilter key={`${params.min}-${params.max}`} params={params} onChange={onChange} />
      <fieldset>
        <legend>Availability</legend>
        <Form.Check
          type="switch"
          id={`${place}-stock`}
          label="Only what is in stock"
          checked={params.inStock}
          onChange={(event) => onChange({ inStock: event.target.checked })}
        />
      </fieldset>
    </div>
  );
}

function PriceFilter({ params, onChange }: Omit<Props, "place">) {
  const [min, setMin] = useState(params.min);
  const [max, setMax] = useState(params.max);
  const [wrong, setWrong] = useState("");

  function apply(event: FormEvent) {
    event.preventDefault();
    const message = whatIsWrong(min, max);
    setWrong(message);
    if (!message) onChange({ min, max });
  }
  return (
    <form onSubmit={apply} noValidate>
      <fieldset>
        <legend>Price</legend>
        <div className="price-range">
          <Field label="From">
            {(control) => (
              <input
                {...control}
                inputMode="decimal"
                value={min}
                onChange={(event) => setMin(event.target.value)}
              />
            )}
          </Field>
          <Field label="To">
            {(control) => (
              <input
                {...control}
                inputMode="decimal"
                value={max}
                onChange={(event) => setMax(event.target.value)}
              />
            )}
          </Field>
          <Button type="submit" variant="outline-secondary">
            Set<span className="visually-hidden"> the price</span>
          </Button>
        </div>
        {wrong && (
          <p className="field-error" role="alert">
            {wrong}
          </p>
        )}
      </fieldset>
    </form>
  );
}

function whatIsWrong(min: string, max: string): string {
  if ((min && !price(min)) || (max && !price(max))) return "Write a price such as 10 or 9.99.";
  if (min && max && Number(min) > Number(max)) return "The first price is above the second.";
  return "";
}
