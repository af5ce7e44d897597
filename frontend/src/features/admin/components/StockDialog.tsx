import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import Button from "react-bootstrap/Button";
import Modal from "react-bootstrap/Modal";
import type { ProductBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { toast } from "@/components/toasts";
import { productQuery } from "@/features/products/api/getProduct";
import { asProblem } from "@/lib/problem";
import { randomKey } from "@/lib/randomKey";
import { changeStock } from "../api/changeStock";

interface Props {
  product: ProductBody;
  onClose: () => void;
}

const CONFLICT = 409;
const NUMBER = /^[+-]?\d{1,7}$/;

/** So many more or fewer, with what it comes to before it is saved. */
export function StockDialog({ product, onClose }: Props) {
  const [text, setText] = useState("");
  const [key] = useState(randomKey);
  const queries = useQueryClient();
  const [stock, setStock] = useState(product.quantity);
  const delta = NUMBER.test(text.trim()) ? Number(text) : 0;
  const result = stock + delta;
  const changing = useMutation({
    mutationFn: () => changeStock(product.id, delta, `${key}.${delta}`),
    onSuccess: (saved) => {
      toast(`${saved.name}: ${saved.quantity} in stock.`);
      onClose();
      queries.invalidateQueries({ queryKey: ["products"] });
      return queries.invalidateQueries({ queryKey: ["admin"] });
    },
    onError: async (error) => {
      if (asProblem(error).status !== CONFLICT) return;
      // Sales went on meanwhile: what there is now counts.
      queries.invalidateQueries({ queryKey: ["admin", "products"] });
      const fresh = queries.fetchQuery({ ...productQuery(product.id), staleTime: 0 });
      await fresh.then((now) => setStock(now.product.quantity)).catch(() => undefined);
    },
  });
  const refused = changing.error && asProblem(changing.error).field("quantity_delta");

  function change(next: string) {
    changing.reset();
    setText(next);
  }
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
            error={refused ?? whatIsWrong(text, result)}
          >
            {(control) => (
              <input
                {...control}
                inputMode="text"
                autoComplete="off"
                value={text}
                onChange={(event) => change(event.target.value)}
              />
            )}
          </Field>
          <div className="row-actions">
            {[-1, 1, 10, 50].map((step) => (
              <Button
                key={step}
                variant="outline-secondary"
                onClick={() => change(String(delta + step))}
              >
                {step > 0 ? `+${step}` : `−${-step}`}
              </Button>
            ))}
          </div>
          <p className="stock-result figure" role="status">
            {stock} → <strong>{Math.max(result, 0)}</strong>
          </p>
          {changing.isError && !refused && <ErrorNotice error={changing.error} />}
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

function whatIsWrong(text: string, result: number): string | undefined {
  // A sign alone is a number that is still being written.
  if (!/^[+-]?$/.test(text.trim()) && !NUMBER.test(text.trim()))
    return "Write a whole number such as 20 or -3.";
  return result < 0 ? "There are not that many." : undefined;
}
