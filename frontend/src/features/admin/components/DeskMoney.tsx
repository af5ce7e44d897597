import { useState } from "react";
import Button from "react-bootstrap/Button";
import type { AdminOrderBody, RefundBody } from "@/api";
import { TimeAgo } from "@/components/TimeAgo";
import { formatMoney } from "@/lib/money";
import { RECEIPT_METHODS, REFUND_KINDS } from "../desk";
import { PayoutDialog } from "./PayoutDialog";

/** What was received for an order, and what was paid back or has to be. */
export function DeskMoney({ order }: { order: AdminOrderBody }) {
  const [paidOut, setPaidOut] = useState<RefundBody | null>(null);
  const { receipts, refunds, actions } = order;
  return (
    <>
      {receipts.length > 0 && (
        <section aria-labelledby="receipts" className="below">
          <h2 id="receipts">Payments</h2>
          <ul className="row-list plain-list">
            {receipts.map(({ id, amount, method, reference, at }) => (
              <li key={id} className="row-item">
                <span>
                  <strong className="money">{formatMoney(amount)}</strong>{" "}
                  {[RECEIPT_METHODS[method], reference].filter(Boolean).join(", ")}
                </span>
                <span className="small-text muted">
                  <TimeAgo time={at} />
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {refunds.length > 0 && (
        <section aria-labelledby="refunds" className="below">
          <h2 id="refunds">Refunds</h2>
          <ul className="row-list plain-list">
            {refunds.map((refund) => (
              <li key={refund.id} className="row-item">
                <span>
                  <strong className="money">{formatMoney(refund.amount)}</strong>{" "}
                  {[REFUND_KINDS[refund.kind], refund.reason].filter(Boolean).join(": ")}
                </span>
                {isToBePaid(refund) && actions.includes("payout") ? (
                  <Button
                    variant="outline-secondary"
                    aria-label={`Mark ${formatMoney(refund.amount)} as paid`}
                    onClick={() => setPaidOut(refund)}
                  >
                    Mark as paid
                  </Button>
                ) : (
                  <RefundState refund={refund} />
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      {paidOut && <PayoutDialog order={order} refund={paidOut} onClose={() => setPaidOut(null)} />}
    </>
  );
}

function isToBePaid(refund: RefundBody): boolean {
  return !refund.paid_at && !refund.by_provider;
}

function RefundState({ refund }: { refund: RefundBody }) {
  return (
    <span className="small-text muted">
      {refund.paid_at && (
        <>
          Paid <TimeAgo time={refund.paid_at} />
        </>
      )}
      {refund.by_provider && "The payment provider pays it."}
    </span>
  );
}
