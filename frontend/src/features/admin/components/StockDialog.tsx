import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import Button from "react-bootstrap/Button";
import Modal from "react-bootstrap/Modal";
import type { ProductBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { toast } from "@/components/toasts";
import { randomKey } from "@/lib/randomKey";
import { changeStock } from "../api/changeStock";

interface Props {
  product: ProductBody;
  onClose: () => void;
}

/** So many more or fewer, with what it comes to before it is saved. */
export function StockDialog({ product, onClose }: Props) {
  const [text, setText] = useState("");
  const [key] = useState(randomKey);
  const queries = useQueryClient();
  const delta = /^[+-]?\d{1,7}$/.test(text.trim()) ? Number(text) : 0;
  const result = product.quantity + delta;
  const changing = useMutation({
    mutationFn: () => changeStock(product.id, delta, `${key}.${delta}`),
    onSuccess: (saved) => {
      toast(`${saved.name}: ${saved.quantity} in stock.`);
      onClose();
      queries.invalidateQueries({ queryKey: ["products"] });
      return queries.invalidateQueries({ queryKey: ["admin"] });
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    if (delta !== 0 && result >= 0 && !changing.isPending) changing.mutate();
  }
  return (
    <Modal show onHide={onClose} centered aria-labelledby="stock-title">
      <form onSubmit={submit} noValidate>
        <Modal.Header closeButton>
          <Modal.Title as="h2" id="stock-title">
            Stock of {product.name}
          </Modal.Title>
        </Modal.Header>
        <Modal.Body className="form-stack">
          <Field
            label="Change"
            hint="Such as 20, or -3 to take away."
            error={result < 0 ? "There are not that many." : undefined}
          >
            {(control) => (
              <input
                {...control}
                inputMode="text"
                autoComplete="off"
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
            )}
          </Field>
          <div className="row-actions">
            {[-1, 1, 10, 50].map((step) => (
              <Button
                key={step}
                variant="outline-secondary"
                onClick={() => setText(String(delta + step))}
              >
                {step > 0 ? `+${step}` : `−${-step}`}
              </Button>
            ))}
          </div>
          <p className="stock-result figure" role="status">
            {product.quantity} → <strong>{Math.max(result, 0)}</strong>
          </p>
          {changing.isError && <ErrorNotice error={changing.error} />}
        </Modal.Body>
        <Modal.Footer>
          <Button variant="outline-secondary" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" disabled={delta === 0 || result < 0 || changing.isPending}>
            Save
          </Button>
        </Modal.Footer>
      </form>
    </Modal>
  );
}
