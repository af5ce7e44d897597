import { useEffect, useEffectEvent, useState } from "react";
import Button from "react-bootstrap/Button";
import Modal from "react-bootstrap/Modal";
import { guardPage } from "@/lib/visits";

interface Props {
  /** Return whether leaving now would lose what the user has entered. */
  hasChanges: () => boolean;
}

/** Asks before the user leaves a form with unsaved changes, by whatever way. */
export function UnsavedChanges({ hasChanges }: Props) {
  const [leave, setLeave] = useState<(() => void) | null>(null);
  const stay = () => setLeave(null);
  const ask = useEffectEvent((leaveNow: () => void) => {
    const mustAsk = hasChanges();
    if (mustAsk) setLeave(() => leaveNow);
    return mustAsk;
  });
  const askBrowser = useEffectEvent((event: BeforeUnloadEvent) => {
    if (hasChanges()) event.preventDefault();
  });
  useEffect(() => guardPage((leaveNow) => ask(leaveNow)), []);
  useEffect(() => {
    const listener = (event: BeforeUnloadEvent) => askBrowser(event);
    addEventListener("beforeunload", listener);
    return () => removeEventListener("beforeunload", listener);
  }, []);
  if (!leave) return null;
  const discard = () => {
    stay();
    leave();
  };
  return (
    <Modal show centered onHide={stay} aria-labelledby="unsaved-title">
      <Modal.Header closeButton>
        <Modal.Title as="h2" id="unsaved-title">
          Discard your changes?
        </Modal.Title>
      </Modal.Header>
      <Modal.Body>
        <p>What you have entered is not saved.</p>
      </Modal.Body>
      <Modal.Footer>
        <Button variant="outline-secondary" onClick={stay}>
          Keep editing
        </Button>
        <Button variant="danger" onClick={discard}>
          Discard changes
        </Button>
      </Modal.Footer>
    </Modal>
  );
}
