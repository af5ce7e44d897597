import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import * as z from "zod/mini";
import type { AdminOrderBody } from "@/api";
import { refundRequestLimits as limits } from "@/api/generated/limits.gen";
import { Field } from "@/components/Field";
import { formatCents } from "@/lib/money";
import { maxLength, price, required } from "@/lib/validation";
import { requestRefund } from "../api/requestRefund";
import { refundableCents } from "../desk";
import { AMOUNT } from "../paymentForm";
import { useDeskForm } from "../useDeskForm";
import { DeskDialog } from "./DeskDialog";

interface Props {
  order: AdminOrderBody;
  onClose: () => void;
}

const schema = z.object({
  amount: price(AMOUNT),
  reason: z
    .string()
    .check(z.trim(), required("Enter a reason."), maxLength(limits.reason.maxLength)),
});

/** Requests to pay back an amount, such as an allowance for a damaged item. */
export function RefundDialog({ order, onClose }: Props) {
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { amount: "", reason: "" },
  });
  const { errors } = form.formState;
  const saving = useDeskForm({
    form,
    send: (refund, key) => requestRefund(order.id, refund, key),
    done: "Refund requested.",
    onClose,
  });
  return (
    <DeskDialog
      title="Refund an amount"
      button="Request refund"
      effect="The order appears under “To refund” until you have paid the amount and recorded that."
      saving={saving}
      onClose={onClose}
    >
      <Field
        label="Amount"
        hint={`At most ${formatCents(refundableCents(order))}.`}
        error={errors.amount?.message}
      >
        {(control) => (
          <input {...control} {...form.register("amount")} inputMode="decimal" autoComplete="off" />
        )}
      </Field>
      <Field label="Reason" error={errors.reason?.message}>
        {(control) => (
          <input {...control} {...form.register("reason")} maxLength={limits.reason.maxLength} />
        )}
      </Field>
    </DeskDialog>
  );
}
