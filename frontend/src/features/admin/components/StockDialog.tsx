import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import Modal from "react-bootstrap/Modal";
import { useForm, useWatch } from "react-hook-form";
import * as z from "zod/mini";
import type { ProductBody } from "@/api";
import { changeProductRequestLimits as limits } from "@/api/generated/limits.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { toast } from "@/components/toastStore";
import { productQuery } from "@/features/products/api/getProduct";
import { randomKey } from "@/lib/randomKey";
import { useFormSubmit } from "@/lib/useFormSubmit";
import { wholeNumber } from "@/lib/validation";
import { changeStock } from "../api/changeStock";

interface Props {
  product: ProductBody;
  onClose: () => void;
}

const CONFLICT = 409;
const STEPS = [-1, 1, 10, 50];
const change = wholeNumber(limits.quantity_delta, "Enter a whole number such as 20 or -3.");

function schemaFor(stock: number) {
  const message = `You can remove at most ${stock}.`;
  return z.object({ quantity_delta: z.pipe(change, z.number().check(z.minimum(-stock, message))) });
}

/** Changes the stock of a product by a difference and shows the result before saving. */
export function StockDialog({ product, onClose }: Props) {
  const [key] = useState(randomKey);
  const [stock, setStock] = useState(product.quantity);
  const queries = useQueryClient();
  const form = useForm({
    resolver: zodResolver(schemaFor(stock)),
    defaultValues: { quantity_delta: "" },
    mode: "onChange",
  });
  const changing = useFormSubmit({
    form,
    send: ({ quantity_delta: delta }) => changeStock(product.id, delta, `${key}.${delta}`),
    onSuccess: (saved) => {
      toast(`${saved.name}: ${saved.quantity} in stock.`);
      onClose();
      queries.invalidateQueries({ queryKey: ["products"] });
      return queries.invalidateQueries({ queryKey: ["admin"] });
    },
    onError: async (problem) => {
      if (problem.status !== CONFLICT) return;
      // Sales have changed the stock in the meantime.
      queries.invalidateQueries({ queryKey: ["admin", "products"] });
      const current = queries.fetchQuery({ ...productQuery(product.id), staleTime: 0 });
      await current.then((tagged) => setStock(tagged.product.quantity)).catch(() => undefined);
    },
  });
  const text = useWatch({ control: form.control, name: "quantity_delta" });
  const parsed = change.safeParse(text);
  const delta = parsed.success ? parsed.data : 0;
  const result = stock + delta;

  function add(step: number) {
    changing.reset();
    form.setValue("quantity_delta", String(delta + step), { shouldValidate: true });
  }
  return (
    <Modal show onHide={onClose} centered aria-labelledby="stock-title">
      <form onSubmit={changing.submit} noValidate>
        <Modal.Header closeButton>
          <Modal.Title as="h2" id="stock-title">
            Stock of {product.name}
          </Modal.Title>
        </Modal.Header>
        <Modal.Body className="form-stack">
          <Field
            label="Change"
            hint="For example 20, or -3 to remove items."
            error={isUnfinished(text) ? undefined : form.formState.errors.quantity_delta?.message}
          >
            {(control) => (
              <input
                {...control}
                {...form.register("quantity_delta", { onChange: changing.reset })}
                inputMode="text"
                autoComplete="off"
              />
            )}
          </Field>
          <div className="row-actions">
            {STEPS.map((step) => (
              <Button key={step} variant="outline-secondary" onClick={() => add(step)}>
                {step > 0 ? `+${step}` : `−${-step}`}
              </Button>
            ))}
          </div>
          <p className="stock-result figure" role="status">
            {stock} → <strong>{Math.max(result, 0)}</strong>
          </p>
          {changing.error && <ErrorNotice error={changing.error} />}
        </Modal.Body>
        <Modal.Footer>
          <Button variant="outline-secondary" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={delta === 0 || result < 0 || changing.isPending}>
            Save changes
          </Button>
        </Modal.Footer>
      </form>
    </Modal>
  );
}

interface LoadedProps {
  id: string;
  onClose: () => void;
}

/** The dialog for a product that a URL names. */
export function LoadedStockDialog({ id, onClose }: LoadedProps) {
  const { data, error, refetch } = useQuery({ ...productQuery(id), staleTime: 0 });
  if (data) return <StockDialog product={data.product} onClose={onClose} />;
  if (!error) return null;
  return (
    <Modal show onHide={onClose} centered aria-labelledby="stock-title">
      <Modal.Header closeButton>
        <Modal.Title as="h2" id="stock-title">
          Stock
        </Modal.Title>
      </Modal.Header>
      <Modal.Body>
        <ErrorNotice error={error} onRetry={() => refetch()} />
      </Modal.Body>
    </Modal>
  );
}

/** Whether the text may still become a number, so that an error would be premature. */
function isUnfinished(text: string): boolean {
  return /^[+-]?$/.test(text.trim());
}
