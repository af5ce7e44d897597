import { useEffect, useEffectEvent } from "react";
import Button from "react-bootstrap/Button";
import Modal from "react-bootstrap/Modal";
import { useBlocker } from "react-router";

interface Props {
  /** Return whether leaving now would lose what the user has entered. */
  hasChanges: () => boolean;
}

/** Asks before the user leaves a form with unsaved changes, by whatever way. */
export function UnsavedChanges({ hasChanges }: Props) {
  const blocker = useBlocker(hasChanges);
  const askBrowser = useEffectEvent((event: BeforeUnloadEvent) => {
    if (hasChanges()) event.preventDefault();
  });
  useEffect(() => {
    const listener = (event: BeforeUnloadEvent) => askBrowser(event);
    addEventListener("beforeunload", listener);
    return () => removeEventListener("beforeunload", listener);
  }, []);
  if (blocker.state !== "blocked") return null;
  return (
    <Modal show centered onHide={blocker.reset} aria-labelledby="unsaved-title">
      <Modal.Header closeButton>
        <Modal.Title as="h2" id="unsaved-title">
          Discard your changes?
        </Modal.Title>
      </Modal.Header>
      <Modal.Body>
        <p>What you have entered is not saved.</p>
      </Modal.Body>
      <Modal.Footer>
        <Button variant="outline-secondary" onClick={blocker.reset}>
          Keep editing
        </Button>
        <Button variant="danger" onClick={blocker.proceed}>
          Discard changes
        </Button>
      </Modal.Footer>
    </Modal>
  );
}
