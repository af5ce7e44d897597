import { zodResolver } from "@hookform/resolvers/zod";
import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import Button from "react-bootstrap/Button";
import { useForm, useWatch } from "react-hook-form";
import type { DeliveryMethodBody } from "@/api";
import { deliveryMethodRequestLimits as limits } from "@/api/generated/limits.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { toast } from "@/components/toastStore";
import { UnsavedChanges } from "@/components/UnsavedChanges";
import { useFormSubmit } from "@/lib/useFormSubmit";
import { putDeliveryMethod } from "../api/putDeliveryMethod";
import {
  deliveryMethodSchema,
  newMethodId,
  toMethodDraft,
  toMethodRequest,
} from "../deliveryMethodForm";
import { CountriesField } from "./CountriesField";
import { FeeFields } from "./FeeFields";

interface Props {
  /** The method to edit, or null for a new one. */
  initial: DeliveryMethodBody | null;
  takenIds: readonly string[];
  onClose: () => void;
}

/** Adds or changes a delivery method. */
export function DeliveryMethodForm({ initial, takenIds, onClose }: Props) {
  const queries = useQueryClient();
  const isSaved = useRef(false);
  const form = useForm({
    resolver: zodResolver(deliveryMethodSchema),
    defaultValues: toMethodDraft(initial),
  });
  const { errors, isDirty } = form.formState;
  const saving = useFormSubmit({
    form,
    send: (values) =>
      putDeliveryMethod(initial?.id ?? newMethodId(values.name, takenIds), toMethodRequest(values)),
    onSuccess: async (_, { name }) => {
      isSaved.current = true;
      toast(initial ? `Changed ${name}.` : `Added ${name}.`);
      queries.invalidateQueries({ queryKey: ["delivery-methods"] });
      await queries.invalidateQueries({ queryKey: ["admin", "delivery-methods"] });
      onClose();
    },
  });
  const countries = useWatch({ control: form.control, name: "countries" });
  return (
    <form className="panel form-stack delivery-method" onSubmit={saving.submit} noValidate>
      <Field label="Name" hint="Customers see it." error={errors.name?.message}>
        {(control) => (
          <input
            {...control}
            {...form.register("name")}
            maxLength={limits.name.maxLength}
            autoComplete="off"
            // biome-ignore lint/a11y/noAutofocus: the form replaces the button that was pressed.
            autoFocus
          />
        )}
      </Field>
      <CountriesField
        value={countries}
        error={errors.countries?.message}
        onChange={(changed) => form.setValue("countries", changed, { shouldDirty: true })}
      />
      <FeeFields form={form} />
      <div className="two-fields">
        <Field
          label="Free from (optional)"
          hint="The value of an order."
          error={errors.free_from?.message}
        >
          {(control) => (
            <input
              {...control}
              {...form.register("free_from")}
              inputMode="decimal"
              autoComplete="off"
            />
          )}
        </Field>
        <Field label="Days" hint="How long it takes." error={errors.days?.message}>
          {(control) => (
            <input {...control} {...form.register("days")} inputMode="numeric" autoComplete="off" />
          )}
        </Field>
      </div>
      {saving.error && <ErrorNotice error={saving.error} />}
      <UnsavedChanges hasChanges={() => isDirty && !isSaved.current} />
      <div className="row-actions">
        <Button type="submit" aria-disabled={saving.isPending}>
          {saving.isPending ? "Saving…" : "Save method"}
        </Button>
        <Button variant="quiet" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
