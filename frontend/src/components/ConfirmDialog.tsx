import { type ReactNode, useId } from "react";
import Button from "react-bootstrap/Button";
import Modal from "react-bootstrap/Modal";
import { ErrorNotice } from "./ErrorNotice";

interface Props {
  title: string;
  /** What the button does. */
  children: ReactNode;
  button: string;
  isDangerous?: boolean;
  action: { mutate: () => void; isPending: boolean; error: Error | null };
  onClose: () => void;
}

/** Asks before something is done. */
export function ConfirmDialog({ title, children, button, isDangerous, action, onClose }: Props) {
  const id = useId();
  return (
    <Modal show onHide={onClose} centered aria-labelledby={id}>
      <Modal.Header closeButton>
        <Modal.Title as="h2" id={id}>
          {title}
        </Modal.Title>
      </Modal.Header>
      <Modal.Body className="form-stack">
        <p>{children}</p>
        {action.error && <ErrorNotice error={action.error} />}
      </Modal.Body>
      <Modal.Footer>
        <Button variant="outline-secondary" onClick={onClose}>
          Cancel
        </Button>
        <Button
          variant={isDangerous ? "outline-danger" : "primary"}
          disabled={action.isPending}
          onClick={() => action.mutate()}
        >
          {button}
        </Button>
      </Modal.Footer>
    </Modal>
  );
}
