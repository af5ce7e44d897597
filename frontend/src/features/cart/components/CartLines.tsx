import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import { Icon } from "@/components/Icon";
import { ProductPicture } from "@/components/ProductPicture";
import { QuantityStepper } from "@/components/QuantityStepper";
import { formatCents, formatMoney, toCents } from "@/lib/money";
import { acceptChange, MAX_QUANTITY, setQuantity } from "../cartStore";
import { removeWithUndo } from "../removeWithUndo";
import type { FreshLine } from "../useFreshLines";

interface Props {
  lines: FreshLine[];
  onLeave?: () => void;
}

export function CartLines({ lines, onLeave }: Props) {
  return (
    <ul className="cart-lines plain-list">
      {lines.map((line) => (
        <Line key={line.id} line={line} onLeave={onLeave} />
      ))}
    </ul>
  );
}

function Line({ line, onLeave }: { line: FreshLine; onLeave: (() => void) | undefined }) {
  const available = Math.min(line.available ?? line.stock, MAX_QUANTITY);
  return (
    <li className="cart-line">
      <Link to={`/products/${line.id}`} onClick={onLeave} tabIndex={-1} aria-hidden="true">
        <ProductPicture product={line} sizes="88px" />
      </Link>
      <div className="cart-line-body">
        <Link to={`/products/${line.id}`} className="quiet-link product-name" onClick={onLeave}>
          {line.name}
        </Link>
        <span className="small-text muted money">{formatMoney(line.price)} each</span>
        <QuantityStepper
          label={`Quantity of ${line.name}`}
          value={line.quantity}
          max={Math.max(available, line.quantity)}
          onChange={(quantity) => setQuantity(line.id, quantity)}
        />
        {line.change && <Change line={line} />}
      </div>
      <div className="cart-line-end">
        <span className="money">{formatCents(toCents(line.price) * line.quantity)}</span>
        <Button
          variant="quiet"
          className="btn-icon"
          aria-label={`Remove ${line.name}`}
          onClick={() => removeWithUndo(line)}
        >
          <Icon name="trash" />
        </Button>
      </div>
    </li>
  );
}

function Change({ line }: { line: FreshLine }) {
  const available = line.available ?? 0;
  function accept() {
    if (available < line.quantity) setQuantity(line.id, available);
    acceptChange(line.id, line.price, available);
  }
  return (
    <div className="line-change tone-warn" role="status">
      <span>{line.change?.text}</span>
      {available > 0 ? (
        <button type="button" className="btn" onClick={accept}>
          {available < line.quantity ? `Change to ${available}` : "Accept new price"}
        </button>
      ) : (
        <button type="button" className="btn" onClick={() => removeWithUndo(line)}>
          Remove
        </button>
      )}
    </div>
  );
}
