import { Link } from "react-router";
import type { LineBody } from "@/api";
import { Icon } from "@/components/Icon";
import { ProductPicture } from "@/components/ProductPicture";
import { formatCents, formatMoney, toCents } from "@/lib/money";
import { usePictures } from "../usePictures";

interface Props {
  lines: LineBody[];
  /** Return the page of a product. It is the one in the shop by default. */
  productUrl?: (line: LineBody) => string;
}

export function OrderLines({ lines, productUrl = shopUrl }: Props) {
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
