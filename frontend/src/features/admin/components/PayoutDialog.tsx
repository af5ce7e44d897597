import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import * as z from "zod/mini";
import type { AdminOrderBody, RefundBody } from "@/api";
import { payoutRequestLimits as limits } from "@/api/generated/limits.gen";
import { Field } from "@/components/Field";
import { formatMoney } from "@/lib/money";
import { maxLength } from "@/lib/validation";
import { recordPayout } from "../api/recordPayout";
import { useDeskForm } from "../useDeskForm";
import { DeskDialog } from "./DeskDialog";

interface Props {
  order: AdminOrderBody;
  refund: RefundBody;
  onClose: () => void;
}

const schema = z.object({
  reference: z.string().check(z.trim(), maxLength(limits.reference.maxLength)),
});

/** Records that a refund was paid. */
export function PayoutDialog({ order, refund, onClose }: Props) {
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { reference: "" } });
  const saving = useDeskForm({
    form,
    send: (payout, key) => recordPayout(order.id, refund.id, payout, key),
    done: "Refund recorded as paid.",
    onClose,
  });
  return (
    <DeskDialog
      title={`Refund of ${formatMoney(refund.amount)}`}
      button="Record as paid"
      effect={`Pay ${formatMoney(refund.amount)} to the customer first. This only records it.`}
      saving={saving}
      onClose={onClose}
    >
      <Field
        label="Reference (optional)"
        hint="For example the number of the transfer."
        error={form.formState.errors.reference?.message}
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
    </DeskDialog>
  );
}
