import { type ReactNode, useId } from "react";
import Button from "react-bootstrap/Button";
import Modal from "react-bootstrap/Modal";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { asProblem } from "@/lib/problem";
import type { useFormSubmit } from "@/lib/useFormSubmit";

interface Props {
  title: string;
  button: string;
  /** What the button does. */
  effect: ReactNode;
  saving: Pick<ReturnType<typeof useFormSubmit>, "submit" | "isPending" | "error">;
  onClose: () => void;
  /** The fields. */
  children?: ReactNode;
}

/** A form that records something about an order. */
export function DeskDialog({ title, button, effect, saving, onClose, children }: Props) {
  const id = useId();
  return (
    <Modal show onHide={onClose} centered aria-labelledby={id}>
      <form onSubmit={saving.submit} noValidate>
        <Modal.Header closeButton>
          <Modal.Title as="h2" id={id}>
            {title}
          </Modal.Title>
        </Modal.Header>
        <Modal.Body className="form-stack">
          {children}
          <p className="muted" role="status">
            {effect}
          </p>
          {saving.error && <Failure error={saving.error} />}
        </Modal.Body>
        <Modal.Footer>
          <Button variant="outline-secondary" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" aria-disabled={saving.isPending}>
            {saving.isPending ? "Saving…" : button}
          </Button>
        </Modal.Footer>
      </form>
    </Modal>
  );
}

function Failure({ error }: { error: Error }) {
  if (!asProblem(error).type.endsWith("/idempotency-key-reused"))
    return <ErrorNotice error={error} />;
  return (
    <Notice tone="warn" title="Your first attempt was recorded">
      Close this dialog, and look at the order before you record more.
    </Notice>
  );
}
