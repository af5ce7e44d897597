import { zodResolver } from "@hookform/resolvers/zod";
import { useForm, useWatch } from "react-hook-form";
import type { AdminOrderBody } from "@/api";
import { parsePrice, toCents } from "@/lib/money";
import { recordPayment } from "../api/recordPayment";
import { paymentEffect } from "../desk";
import { AMOUNT, openPayment, paymentSchema } from "../paymentForm";
import { useDeskForm } from "../useDeskForm";
import { DeskDialog } from "./DeskDialog";
import { PaymentFields } from "./PaymentFields";

interface Props {
  order: AdminOrderBody;
  onClose: () => void;
}

/** Records money that was received: by default, what is open. */
export function PaymentDialog({ order, onClose }: Props) {
  const form = useForm({
    resolver: zodResolver(paymentSchema),
    defaultValues: openPayment(order),
  });
  const saving = useDeskForm({
    form,
    send: (payment, key) => recordPayment(order.id, payment, key),
    done: "Payment recorded.",
    onClose,
  });
  const amount = parsePrice(useWatch({ control: form.control, name: "amount" }), AMOUNT);
  return (
    <DeskDialog
      title="Record a payment"
      button="Record payment"
      effect={amount !== null && paymentEffect(order, toCents(amount))}
      saving={saving}
      onClose={onClose}
    >
      <PaymentFields form={form} />
    </DeskDialog>
  );
}
