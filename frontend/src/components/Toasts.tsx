import Button from "react-bootstrap/Button";
import { useStore } from "@/lib/store";
import { Icon } from "./Icon";
import { dismiss, type Toast, toastStore } from "./toasts";

/** Changes of the cart and the like: shown for a while, read out politely. */
export function Toasts() {
  const toasts = useStore(toastStore);
  return (
    <div className="toast-stack" role="status" aria-live="polite">
      {toasts.map((each) => (
        <Card key={each.id} toast={each} />
      ))}
    </div>
  );
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
