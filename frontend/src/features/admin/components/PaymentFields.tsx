import type { UseFormReturn } from "react-hook-form";
import { paymentRecordRequestLimits as limits } from "@/api/generated/limits.gen";
import { Field } from "@/components/Field";
import { RECEIPT_METHODS } from "../desk";
import { type PaymentDraft, RECORDED_METHODS } from "../paymentForm";

interface Props<Values> {
  form: UseFormReturn<PaymentDraft, unknown, Values>;
}

/** How much was received, and how. */
export function PaymentFields<Values>({ form }: Props<Values>) {
  const { errors } = form.formState;
  return (
    <>
      <div className="two-fields">
        <Field label="Amount" error={errors.amount?.message}>
          {(control) => (
            <input
              {...control}
              {...form.register("amount")}
              inputMode="decimal"
              autoComplete="off"
            />
          )}
        </Field>
        <Field label="Received as" kind="form-select">
          {(control) => (
            <select {...control} {...form.register("method")}>
              {RECORDED_METHODS.map((method) => (
                <option key={method} value={method}>
                  {RECEIPT_METHODS[method]}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <Field
        label="Reference (optional)"
        hint="For example the line of the bank statement."
        error={errors.reference?.message}
      >
        {(control) => (
          <input
            {...control}
            {...form.register("reference")}
            maxLength={limits.reference.maxLength}
            autoComplete="off"
          />
        )}
      </Field>
    </>
  );
}
