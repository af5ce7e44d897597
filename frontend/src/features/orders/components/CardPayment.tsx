import { useMutation, useQueryClient } from "@tanstack/react-query";
import Button from "react-bootstrap/Button";
import type { OrderBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { formatMoney } from "@/lib/money";
import { openPage } from "@/lib/openPage";
import { payOrder } from "../api/payOrder";

/** Leads to the page of the provider on which the order is paid. */
export function CardPayment({ order }: { order: OrderBody }) {
  const queries = useQueryClient();
  const paying = useMutation({
    mutationFn: () => payOrder(order.id),
    onSuccess: openPage,
    // Not awaited: the order may have been paid or cancelled meanwhile.
    onError: () => void queries.invalidateQueries({ queryKey: ["orders"] }),
  });
  // The button stays disabled until the browser has left the page.
  const isLeaving = paying.isPending || paying.isSuccess;
  return (
    <section className="panel form-stack spaced" aria-labelledby="card-payment">
      <div>
        <h2 id="card-payment">Pay by card</h2>
        <p className="muted">
          You pay on the page of our payment provider, and come back here. If you have just paid,
          this page shows it in a moment.
        </p>
      </div>
      {paying.error && <ErrorNotice error={paying.error} />}
      <div>
        <Button disabled={isLeaving} onClick={() => paying.mutate()}>
          <Icon name="card" />
          {isLeaving ? "Opening the payment page…" : `Pay ${formatMoney(order.payment.open)} now`}
        </Button>
      </div>
    </section>
  );
}
