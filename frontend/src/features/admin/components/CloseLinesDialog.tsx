import { zodResolver } from "@hookform/resolvers/zod";
import { useForm, useWatch } from "react-hook-form";
import * as z from "zod/mini";
import type { AdminOrderBody } from "@/api";
import { closeLinesRequestLimits as limits } from "@/api/generated/limits.gen";
import { Field } from "@/components/Field";
import { maxLength, required } from "@/lib/validation";
import { closeLines } from "../api/closeLines";
import { closingEffect } from "../desk";
import { allOpen, partsMessage, quantitiesSchema, toParts } from "../lineParts";
import { useDeskForm } from "../useDeskForm";
import { DeskDialog } from "./DeskDialog";
import { LineParts } from "./LineParts";

interface Props {
  order: AdminOrderBody;
  onClose: () => void;
}

const schema = z.object({
  quantities: quantitiesSchema,
  reason: z
    .string()
    .check(z.trim(), required("Enter a reason."), maxLength(limits.reason.maxLength)),
});

/** Closes what cannot be shipped: by default, all that is open. */
export function CloseLinesDialog({ order, onClose }: Props) {
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { quantities: allOpen(order), reason: "" },
  });
  const { errors } = form.formState;
  const saving = useDeskForm({
    form,
    send: ({ quantities: sent, reason }, key) =>
      closeLines(order.id, { lines: toParts(sent), reason }, key),
    done: "Rest closed.",
    onClose,
    fieldMessage: partsMessage,
  });
  const quantities = useWatch({ control: form.control, name: "quantities" });
  return (
    <DeskDialog
      title="Close what can't be shipped"
      button="Close these items"
      effect={closingEffect(order, toParts(quantities))}
      saving={saving}
      onClose={onClose}
    >
      <LineParts
        legend="Items that will not be shipped"
        order={order}
        quantities={quantities}
        error={errors.quantities?.message?.toString()}
        onChange={(changed) => form.setValue("quantities", changed)}
      />
      <Field label="Reason" hint="The customer sees it." error={errors.reason?.message}>
        {(control) => (
          <input {...control} {...form.register("reason")} maxLength={limits.reason.maxLength} />
        )}
      </Field>
    </DeskDialog>
  );
}
