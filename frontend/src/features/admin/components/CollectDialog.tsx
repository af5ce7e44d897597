import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import * as z from "zod/mini";
import type { AdminOrderBody } from "@/api";
import { formatMoney } from "@/lib/money";
import { markCollected } from "../api/markCollected";
import { openPayment, paymentSchema } from "../paymentForm";
import { useDeskForm } from "../useDeskForm";
import { DeskDialog } from "./DeskDialog";
import { PaymentFields } from "./PaymentFields";

interface Props {
  order: AdminOrderBody;
  onClose: () => void;
}

/** Records that the customer has the goods, and the money if it is paid now. */
export function CollectDialog({ order, onClose }: Props) {
  const { open } = order.payment;
  return open > 0 ? (
    <WithPayment order={order} onClose={onClose} />
  ) : (
    <WithoutPayment order={order} onClose={onClose} />
  );
}

const DONE = "Collection recorded.";

function WithPayment({ order, onClose }: Props) {
  const form = useForm({
    resolver: zodResolver(paymentSchema),
    defaultValues: openPayment(order),
  });
  const saving = useDeskForm({
    form,
    send: (payment, key) => markCollected(order.id, { payment }, key),
    done: DONE,
    onClose,
  });
  return (
    <DeskDialog
      title="Hand over the order"
      button="Record payment and collection"
      effect={`${formatMoney(order.payment.open)} is due. This records that it was paid, and that the customer has collected all items.`}
      saving={saving}
      onClose={onClose}
    >
      <PaymentFields form={form} />
    </DeskDialog>
  );
}

function WithoutPayment({ order, onClose }: Props) {
  const form = useForm({ resolver: zodResolver(z.object({})), defaultValues: {} });
  const saving = useDeskForm({
    form,
    send: (_, key) => markCollected(order.id, {}, key),
    done: DONE,
    onClose,
  });
  return (
    <DeskDialog
      title="Hand over the order"
      button="Record collection"
      effect="Nothing is due. This records that the customer has collected all items."
      saving={saving}
      onClose={onClose}
    />
  );
}
