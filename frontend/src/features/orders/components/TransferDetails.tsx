import { useQuery } from "@tanstack/react-query";
import type { OrderBody } from "@/api";
import { CopyButton } from "@/components/CopyButton";
import { formatMoney } from "@/lib/money";
import { paymentQrQuery } from "../api/getPaymentQr";

/** What a transfer must contain, to copy or to scan. */
export function TransferDetails({ order }: { order: OrderBody }) {
  const { transfer } = order.payment;
  if (!transfer) return null;
  const { iban, bic, holder, amount, reference } = transfer;
  return (
    <section className="panel transfer spaced" aria-labelledby="transfer">
      <div>
        <h2 id="transfer">Pay by bank transfer</h2>
        <p className="muted">Include the reference, so that we find your payment.</p>
        <dl className="transfer-facts">
          <Fact label="Recipient" text={holder} />
          <Fact label="IBAN" text={iban} shown={iban.replace(/.{4}(?=.)/g, "$& ")} />
          {bic && <Fact label="BIC" text={bic} />}
          <Fact label="Amount" text={amount.toFixed(2)} shown={formatMoney(amount)} />
          <Fact label="Reference" text={reference} />
        </dl>
      </div>
      <QrCode order={order} />
    </section>
  );
}

interface FactProps {
  label: string;
  text: string;
  shown?: string;
}

function Fact({ label, text, shown = text }: FactProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <span className="figure">{shown}</span>
        <CopyButton label={label} text={text} />
      </dd>
    </div>
  );
}

/** The transfer for a bank's app. Without it, the details are enough. */
function QrCode({ order }: { order: OrderBody }) {
  const { data } = useQuery(paymentQrQuery(order));
  if (!data) return null;
  return (
    <figure className="qr-code">
      <img src={data} alt="QR code with the bank details" width="176" height="176" />
      <figcaption className="small-text muted">Scan it with your bank's app.</figcaption>
    </figure>
  );
}
