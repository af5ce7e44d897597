import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import Modal from "react-bootstrap/Modal";
import type { OrderBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { formatMoney } from "@/lib/money";
import { cancelOrder } from "../api/cancelOrder";

/** The button and the question that says what will happen. */
export function CancelOrder({ order }: { order: OrderBody }) {
  const [isAsking, setAsking] = useState(false);
  const queries = useQueryClient();
  const cancelling = useMutation({
    mutationFn: () => cancelOrder(order.id),
    // The question stays until the page knows what became of the order.
    onSettled: () => queries.invalidateQueries({ queryKey: ["orders"] }),
  });
  const canCancel = order.status === "PENDING" || order.status === "ACCEPTED";

  function close() {
    setAsking(false);
    cancelling.reset();
  }
  return (
    <>
      {canCancel && (
        <Button variant="outline-danger" onClick={() => setAsking(true)}>
          Cancel order
        </Button>
      )}
      <Modal
        show={isAsking}
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
              The order of {formatMoney(order.cost)} ends here and its products go back on the
              shelf. A cancelled order can't be taken up again.
            </p>
          )}
          {cancelling.isError && <ErrorNotice error={cancelling.error} />}
        </Modal.Body>
        <Modal.Footer>
          <Button variant="outline-secondary" onClick={close}>
            {canCancel ? "Keep it" : "Close"}
          </Button>
          {canCancel && (
            <Button
              variant="outline-danger"
              disabled={cancelling.isPending}
              onClick={() => cancelling.mutate(undefined, { onSuccess: () => setAsking(false) })}
            >
              {cancelling.isPending ? "Cancelling…" : "Cancel order"}
            </Button>
          )}
        </Modal.Footer>
      </Modal>
    </>
  );
}

/** The button that the question came from is gone with it. */
function focusHeading(): void {
  document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
}
