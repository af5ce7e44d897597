import { zodResolver } from "@hookform/resolvers/zod";
import { type FormEvent, type Ref, useId, useImperativeHandle } from "react";
import Button from "react-bootstrap/Button";
import { useForm } from "react-hook-form";
import * as z from "zod/mini";
import { listProductsQueryLimits as limits } from "@/api/generated/limits.gen";
import { Field } from "@/components/Field";
import { optionalPrice } from "@/lib/validation";

export interface PriceFilterHandle {
  /** Apply what was typed, and return whether it is valid. */
  apply: () => Promise<boolean>;
}

interface Props {
  ref?: Ref<PriceFilterHandle> | undefined;
  min: string;
  max: string;
  onChange: (range: { min: string; max: string }) => void;
}

const schema = z
  .object({ min: optionalPrice(limits.min_price), max: optionalPrice(limits.max_price) })
  .check(
    z.refine(({ min, max }) => min === "" || max === "" || min <= max, {
      path: ["max"],
      error: "The maximum price must not be below the minimum price.",
    }),
  );

/** A price range that is applied when the form is submitted. */
export default function PriceFilter({ ref, min, max, onChange }: Props) {
  const errorId = useId();
  const form = useForm({ resolver: zodResolver(schema), values: { min, max } });
  const { errors } = form.formState;
  const error = errors.min ?? errors.max;
  useImperativeHandle(ref, () => ({ apply }));

  async function apply(): Promise<boolean> {
    let isValid = false;
    await form.handleSubmit((range) => {
      isValid = true;
      const typed = { min: String(range.min), max: String(range.max) };
      if (typed.min !== min || typed.max !== max) onChange(typed);
    })();
    return isValid;
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    void apply();
  }
  return (
    <form onSubmit={submit} noValidate>
      <fieldset>
        <legend>Price</legend>
        <div className="price-range">
          <Field label="From">{(control) => <input {...control} {...priceInput("min")} />}</Field>
          <Field label="To">{(control) => <input {...control} {...priceInput("max")} />}</Field>
          <Button type="submit" variant="outline-secondary">
            Apply<span className="visually-hidden"> price range</span>
          </Button>
        </div>
        {error && (
          <p id={errorId} className="field-error" role="alert">
            {error.message}
          </p>
        )}
      </fieldset>
    </form>
  );

  function priceInput(name: "min" | "max") {
    return {
      ...form.register(name),
      inputMode: "decimal" as const,
      "aria-invalid": errors[name] ? true : undefined,
      "aria-describedby": errors[name] ? errorId : undefined,
    };
  }
}
