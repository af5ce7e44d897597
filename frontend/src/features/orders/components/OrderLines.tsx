import { Link } from "react-router";
import type { LineBody, OrderBody } from "@/api";
import { Icon } from "@/components/Icon";
import { ProductPicture } from "@/components/ProductPicture";
import { formatCents, formatMoney, toCents } from "@/lib/money";
import { usePictures } from "../usePictures";

interface Props {
  order: OrderBody;
  /** Return the page of a product. It is the one in the shop by default. */
  productUrl?: (line: LineBody) => string;
}

export function OrderLines({ order, productUrl = shopUrl }: Props) {
  const { products: lines, fulfilment } = order;
  const picture = usePictures(lines);
  return (
    <ul className="cart-lines plain-list">
      {lines.map((line) => (
        <li key={line.product_id} className="cart-line">
          <ProductPicture product={picture(line)} sizes="88px" />
          <div className="cart-line-body">
            <Link className="quiet-link product-name" to={productUrl(line)}>
              {line.name}
            </Link>
            <span className="small-text muted figure">
              {line.quantity} × {formatMoney(line.price)}
            </span>
            {line.reason && (
              <span className="field-error">
                <Icon name="warn" />
                {line.reason}
              </span>
            )}
            {fulfilment.closed
              .filter((part) => part.product_id === line.product_id)
              .map(({ quantity, reason }) => (
                <span key={reason} className="small-text text-warn">
                  {quantity} can't be delivered: {reason}
                </span>
              ))}
          </div>
          <div className="cart-line-end">
            <span className="money">{formatCents(toCents(line.price) * line.quantity)}</span>
          </div>
        </li>
      ))}
    </ul>
  );
}

function shopUrl(line: LineBody): string {
  return `/products/${line.product_id}`;
}
