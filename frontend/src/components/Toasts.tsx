import Button from "react-bootstrap/Button";
import { createPortal } from "react-dom";
import { useStore } from "@/lib/store";
import { Icon } from "./Icon";
import { dismiss, type Toast, toastHostStore, toastStore } from "./toastStore";

/** Short messages that disappear after a few seconds. Screen readers announce them politely. */
export function Toasts() {
  const toasts = useStore(toastStore);
  const host = useStore(toastHostStore);
  const stack = (
    <div className="toast-stack" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <Card key={toast.id} toast={toast} />
      ))}
    </div>
  );
  return host ? createPortal(stack, host) : stack;
}

/** Shows the toasts inside an open dialog, so that the keyboard can reach their Undo button. */
export function ToastHost() {
  return <div ref={toastHostStore.set} className="toast-host" />;
}

function Card({ toast }: { toast: Toast }) {
  function undo() {
    toast.undo?.();
    dismiss(toast.id);
  }
  return (
    <div className="toast-card">
      <p>{toast.text}</p>
      {toast.undo && (
        <Button variant="quiet" onClick={undo}>
          Undo
        </Button>
      )}
      <Button
        variant="quiet"
        className="btn-icon"
        aria-label="Dismiss"
        onClick={() => dismiss(toast.id)}
      >
        <Icon name="close" />
      </Button>
    </div>
  );
}
