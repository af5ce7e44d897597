import type { AdminOrderBody } from "@/api";
import { Icon } from "@/components/Icon";
import { QuantityStepper } from "@/components/QuantityStepper";
import type { Quantities } from "../lineParts";

interface Props {
  legend: string;
  order: AdminOrderBody;
  quantities: Quantities;
  error: string | undefined;
  onChange: (quantities: Quantities) => void;
}

/** Chooses how much of each open line is meant. */
export function LineParts({ legend, order, quantities, error, onChange }: Props) {
  const names = new Map(order.products.map((line) => [line.product_id, line.name]));
  return (
    <fieldset>
      <legend className="form-label">{legend}</legend>
      <ul className="plain-list line-parts">
        {order.open_lines.map(({ product_id: id, quantity: open }) => (
          <li key={id}>
            <span className="breakable">
              {names.get(id)} <span className="small-text muted">{open} open</span>
            </span>
            <QuantityStepper
              label={`Quantity of ${names.get(id)}`}
              value={quantities[id] ?? 0}
              min={0}
              max={open}
              onChange={(quantity) => onChange({ ...quantities, [id]: quantity })}
            />
          </li>
        ))}
      </ul>
      {error && (
        <p className="field-error" role="alert">
          <Icon name="warn" />
          {error}
        </p>
      )}
    </fieldset>
  );
}
