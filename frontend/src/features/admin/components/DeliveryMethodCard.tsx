import { useMutation, useQueryClient } from "@tanstack/react-query";
import Button from "react-bootstrap/Button";
import type { DeliveryMethodBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { toast } from "@/components/toastStore";
import { countryName } from "@/features/auth/countries";
import { formatFee } from "@/features/orders/components/OrderSums";
import { focusOnMount } from "@/lib/focusOnMount";
import { formatMoney } from "@/lib/money";
import { asProblem } from "@/lib/problem";
import { pluralize } from "@/lib/text";
import { deleteDeliveryMethod } from "../api/deleteDeliveryMethod";
import { putDeliveryMethod } from "../api/putDeliveryMethod";

interface Props {
  method: DeliveryMethodBody;
  /** Whether its form was open before. Then the button that opened it takes the focus. */
  wasEdited: boolean;
  onEdit: () => void;
}

/** A delivery method with its fees and countries, and the actions Edit and Delete. */
export function DeliveryMethodCard({ method, wasEdited, onEdit }: Props) {
  const { id, ...values } = method;
  const { name, countries, days } = values;
  const queries = useQueryClient();
  const refresh = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ["admin", "delivery-methods"] }),
      queries.invalidateQueries({ queryKey: ["delivery-methods"] }),
    ]);
  const deleting = useMutation({
    mutationFn: () => deleteDeliveryMethod(id),
    onSuccess: () => {
      toast(`Deleted ${name}.`, restore);
      return refresh();
    },
  });

  function restore() {
    putDeliveryMethod(id, values)
      .then(refresh)
      .catch((error) => toast(asProblem(error).message));
  }
  return (
    <li className="panel form-stack">
      <div className="summary-head">
        <h2 className="address-name">{name}</h2>
        <span className="muted">{pluralize(days, "day")}</span>
      </div>
      <p>{describeFees(method)}</p>
      <p className="small-text muted">{countries.map(countryName).join(", ")}</p>
      {deleting.error && <ErrorNotice error={deleting.error} />}
      <div className="row-actions">
        <Button
          ref={wasEdited ? focusOnMount : undefined}
          variant="outline-secondary"
          aria-label={`Edit ${name}`}
          onClick={onEdit}
        >
          Edit
        </Button>
        <Button
          variant="quiet"
          disabled={deleting.isPending}
          aria-label={`Delete ${name}`}
          onClick={() => deleting.mutate()}
        >
          Delete
        </Button>
      </div>
    </li>
  );
}

function describeFees({ fees, free_from: freeFrom }: DeliveryMethodBody): string {
  const steps = fees.map(({ from, fee }) =>
    from === 0 ? formatFee(fee) : `${formatFee(fee)} from ${formatMoney(from)}`,
  );
  if (freeFrom !== null) steps.push(`free from ${formatMoney(freeFrom)}`);
  return steps.join(", ");
}
