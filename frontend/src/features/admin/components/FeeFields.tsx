import Button from "react-bootstrap/Button";
import { type UseFormReturn, useFieldArray } from "react-hook-form";
import { deliveryMethodRequestLimits as limits } from "@/api/generated/limits.gen";
import { Field } from "@/components/Field";
import { Icon } from "@/components/Icon";
import type { DeliveryMethodDraft } from "../deliveryMethodForm";

interface Props<Values> {
  form: UseFormReturn<DeliveryMethodDraft, unknown, Values>;
}

/** The fee of an order of any value, and other fees from higher values on. */
export function FeeFields<Values>({ form }: Props<Values>) {
  const steps = useFieldArray({ control: form.control, name: "fees" });
  const errors = form.formState.errors.fees;
  return (
    <fieldset>
      <legend className="form-label">Fees</legend>
      {steps.fields.map((step, index) => (
        <div key={step.id} className="fee-step">
          {index === 0 ? (
            <p className="muted">Any value</p>
          ) : (
            <Field label="From" error={errors?.[index]?.from?.message}>
              {(control) => (
                <input
                  {...control}
                  {...form.register(`fees.${index}.from`)}
                  inputMode="decimal"
                  autoComplete="off"
                />
              )}
            </Field>
          )}
          <Field label="Fee" error={errors?.[index]?.fee?.message}>
            {(control) => (
              <input
                {...control}
                {...form.register(`fees.${index}.fee`)}
                inputMode="decimal"
                autoComplete="off"
              />
            )}
          </Field>
          {index > 0 && (
            <Button
              variant="quiet"
              className="btn-icon"
              aria-label={`Remove fee ${index + 1}`}
              onClick={() => steps.remove(index)}
            >
              <Icon name="trash" />
            </Button>
          )}
        </div>
      ))}
      {errors?.root?.message && (
        <p className="field-error" role="alert">
          <Icon name="warn" />
          {errors.root.message}
        </p>
      )}
      <Button
        variant="outline-secondary"
        disabled={steps.fields.length >= limits.fees.maxItems}
        onClick={() => steps.append({ from: "", fee: "" })}
      >
        Add a fee
      </Button>
    </fieldset>
  );
}
