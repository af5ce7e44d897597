import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import * as z from "zod/mini";
import type { AdminOrderBody } from "@/api";
import { markDelivered } from "../api/markDelivered";
import { useDeskForm } from "../useDeskForm";
import { DeskDialog } from "./DeskDialog";

interface Props {
  order: AdminOrderBody;
  onClose: () => void;
}

/** Records that all shipments of an order have arrived. */
export function DeliveredDialog({ order, onClose }: Props) {
  const form = useForm({ resolver: zodResolver(z.object({})), defaultValues: {} });
  const saving = useDeskForm({
    form,
    send: (_, key) => markDelivered(order.id, key),
    done: "Delivery recorded.",
    onClose,
  });
  return (
    <DeskDialog
      title="Was the order delivered?"
      button="Record delivery"
      effect="This records that all shipments have arrived. The customer gets a mail."
      saving={saving}
      onClose={onClose}
    />
  );
}
