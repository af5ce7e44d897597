import { zodResolver } from "@hookform/resolvers/zod";
import { useForm, useWatch } from "react-hook-form";
import * as z from "zod/mini";
import type { AdminOrderBody } from "@/api";
import { shipmentRequestLimits as limits } from "@/api/generated/limits.gen";
import { Field } from "@/components/Field";
import { maxLength } from "@/lib/validation";
import { shipOrder } from "../api/shipOrder";
import { shipmentEffect } from "../desk";
import { allOpen, isAllOpen, partsMessage, quantitiesSchema, toParts } from "../lineParts";
import { useDeskForm } from "../useDeskForm";
import { DeskDialog } from "./DeskDialog";
import { LineParts } from "./LineParts";

interface Props {
  order: AdminOrderBody;
  onClose: () => void;
}

const schema = z.object({
  quantities: quantitiesSchema,
  carrier: z.string().check(z.trim(), maxLength(limits.carrier.maxLength)),
  tracking_number: z.string().check(z.trim(), maxLength(limits.tracking_number.maxLength)),
  tracking_url: z
    .string()
    .check(
      z.trim(),
      z.regex(/^(https:\/\/\S+)?$/, "Enter an address that begins with https://."),
      maxLength(limits.tracking_url.maxLength),
    ),
});

/** Records a parcel with all that is open, or with a part of it. */
export function ShipDialog({ order, onClose }: Props) {
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: {
      quantities: allOpen(order),
      carrier: order.fulfilment.shipments.at(-1)?.carrier ?? "",
      tracking_number: "",
      tracking_url: "",
    },
  });
  const { errors } = form.formState;
  const saving = useDeskForm({
    form,
    send: ({ quantities: sent, tracking_url: url, ...parcel }, key) => {
      const lines = isAllOpen(order, sent) ? null : toParts(sent);
      return shipOrder(order.id, { ...parcel, tracking_url: url || null, lines }, key);
    },
    done: "Shipment recorded.",
    onClose,
    fieldMessage: partsMessage,
  });
  const quantities = useWatch({ control: form.control, name: "quantities" });
  return (
    <DeskDialog
      title="Ship the order"
      button="Record shipment"
      effect={shipmentEffect(order, toParts(quantities))}
      saving={saving}
      onClose={onClose}
    >
      <LineParts
        legend="Items in this parcel"
        order={order}
        quantities={quantities}
        error={errors.quantities?.message?.toString()}
        onChange={(changed) => form.setValue("quantities", changed)}
      />
      <div className="two-fields">
        <Field label="Carrier (optional)" error={errors.carrier?.message}>
          {(control) => (
            <input
              {...control}
              {...form.register("carrier")}
              maxLength={limits.carrier.maxLength}
              autoComplete="off"
            />
          )}
        </Field>
        <Field label="Tracking number (optional)" error={errors.tracking_number?.message}>
          {(control) => (
            <input
              {...control}
              {...form.register("tracking_number")}
              maxLength={limits.tracking_number.maxLength}
              autoComplete="off"
            />
          )}
        </Field>
      </div>
      <Field
        label="Tracking link (optional)"
        hint="The carrier's page about this parcel. The customer sees it."
        error={errors.tracking_url?.message}
      >
        {(control) => (
          <input
            {...control}
            {...form.register("tracking_url")}
            type="url"
            maxLength={limits.tracking_url.maxLength}
            autoComplete="off"
          />
        )}
      </Field>
    </DeskDialog>
  );
}
