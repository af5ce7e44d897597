import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import Modal from "react-bootstrap/Modal";
import type { OrderBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { formatMoney } from "@/lib/money";
import { cancelOrder } from "../api/cancelOrder";

interface Props {
  order: OrderBody;
  /** Whose order it is, as the question says it. */
  whose?: string;
}

/** A button that cancels an order after a confirmation. */
export function CancelOrder({ order, whose = "your" }: Props) {
  const [isOpen, setOpen] = useState(false);
  const queries = useQueryClient();
  const refresh = () => {
    queries.invalidateQueries({ queryKey: ["admin", "orders"] });
    return queries.invalidateQueries({ queryKey: ["orders"] });
  };
  const cancelling = useMutation({
    mutationFn: () => cancelOrder(order.id),
    // The dialog stays open until the page has the new status.
    onSuccess: refresh,
    // Not awaited: while the browser is offline, the page cannot load the status.
    onError: () => void refresh(),
  });
  const canCancel = order.can_cancel;

  function close() {
    setOpen(false);
    cancelling.reset();
  }
  return (
    <>
      {canCancel && (
        <Button variant="outline-danger" onClick={() => setOpen(true)}>
          Cancel order
        </Button>
      )}
      <Modal
        show={isOpen}
        onHide={close}
        onExited={() => !canCancel && focusHeading()}
        centered
        aria-labelledby="cancel-title"
      >
        <Modal.Header closeButton>
          <Modal.Title as="h2" id="cancel-title">
            Cancel this order?
          </Modal.Title>
        </Modal.Header>
        <Modal.Body className="form-stack">
          {canCancel && (
            <p>
              This cancels {whose} order of {formatMoney(order.total)} and returns its items to
              stock. {order.payment.captured > 0 && "What was paid will be paid back. "}
              You can't undo this.
            </p>
          )}
          {cancelling.isError && <ErrorNotice error={cancelling.error} />}
        </Modal.Body>
        <Modal.Footer>
          <Button variant="outline-secondary" onClick={close}>
            {canCancel ? "Keep order" : "Close"}
          </Button>
          {canCancel && (
            <Button
              variant="outline-danger"
              disabled={cancelling.isPending}
              onClick={() => cancelling.mutate(undefined, { onSuccess: () => setOpen(false) })}
            >
              {cancelling.isPending ? "Cancelling…" : "Cancel order"}
            </Button>
          )}
        </Modal.Footer>
      </Modal>
    </>
  );
}

/** The button that opened the dialog is gone, so the heading takes the focus. */
function focusHeading(): void {
  document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
}
