import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import Button from "react-bootstrap/Button";
import Modal from "react-bootstrap/Modal";
import * as z from "zod/mini";
import type { AdminProductBody, ProductChangeBody } from "@/api";
import { newProductBodyLimits as limits } from "@/api/generated/limits.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { categoryNamesQuery } from "@/features/products/api/listCategories";
import type { Problem } from "@/lib/problem";
import { randomKey } from "@/lib/randomKey";
import { capitalize, pluralize } from "@/lib/text";
import { price, wholeNumber } from "@/lib/validation";
import { BULK_ACTIONS, type BulkAction, type BulkActionName, planChange } from "../bulk";
import { percentage } from "../percentage";
import { BulkPreview } from "./BulkPreview";

interface Props {
  products: readonly AdminProductBody[];
  isPending: boolean;
  error: Problem | null;
  onApply: (changes: ProductChangeBody[], key: string) => void;
  onChange: () => void;
  onClose: () => void;
}

/** Changes several products, and shows the result before it is applied. */
export function BulkDialog({ products, isPending, error, onApply, onChange, onClose }: Props) {
  const [name, setName] = useState<BulkActionName>("price-set");
  const [text, setText] = useState("");
  // A request that is sent again after a failure must not count twice. Another one has another key.
  const [key, setKey] = useState(randomKey);
  const { action, message } = readAction(name, text);
  const plans = action ? products.map((product) => planChange(product, action)) : [];
  const changes = plans.flatMap(({ change }) => (change ? [change] : []));

  function edit(nextName: BulkActionName, nextText: string) {
    setName(nextName);
    setText(nextText);
    setKey(randomKey());
    onChange();
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    if (changes.length > 0 && !isPending) onApply(changes, key);
  }
  return (
    <Modal show onHide={onClose} centered scrollable size="lg" aria-labelledby="bulk-title">
      <Modal.Header closeButton>
        <Modal.Title as="h2" id="bulk-title">
          Change {pluralize(products.length, "product")}
        </Modal.Title>
      </Modal.Header>
      <Modal.Body>
        <form id="bulk" className="form-stack" onSubmit={submit} noValidate>
          <div className="bulk-fields">
            <Field label="Action" kind="form-select">
              {(control) => (
                <select
                  {...control}
                  value={name}
                  onChange={(event) => edit(event.target.value as BulkActionName, "")}
                >
                  {Object.entries(BULK_ACTIONS).map(([value, label]) => (
                    <option key={value} value={value}>
                      {label}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <ValueField
              name={name}
              text={text}
              error={message}
              onChange={(next) => edit(name, next)}
            />
          </div>
          <BulkPreview plans={plans} />
          {error && <ErrorNotice error={error} />}
        </form>
      </Modal.Body>
      <Modal.Footer>
        <Button variant="outline-secondary" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" form="bulk" disabled={changes.length === 0 || isPending}>
          {isPending ? "Applying…" : `Change ${pluralize(changes.length, "product")}`}
        </Button>
      </Modal.Footer>
    </Modal>
  );
}

interface ValueProps {
  name: BulkActionName;
  text: string;
  error: string | undefined;
  onChange: (text: string) => void;
}

function ValueField({ name, text, error, onChange }: ValueProps) {
  const { data: categories } = useQuery(categoryNamesQuery);
  if (name === "archive" || name === "restore") return null;
  if (name === "category-add" || name === "category-remove") {
    return (
      <Field label="Category" kind="form-select">
        {(control) => (
          <select {...control} value={text} onChange={(event) => onChange(event.target.value)}>
            <option value="">Choose a category</option>
            {categories?.map((category) => (
              <option key={category} value={category}>
                {capitalize(category)}
              </option>
            ))}
          </select>
        )}
      </Field>
    );
  }
  return (
    <Field label={labelOf(name)} error={error}>
      {(control) => (
        <input
          {...control}
          value={text}
          inputMode={name.startsWith("stock") ? "numeric" : "decimal"}
          autoComplete="off"
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

function labelOf(name: BulkActionName): string {
  if (name.endsWith("percent")) return "Percentage";
  if (name.startsWith("stock")) return "Quantity";
  return name === "price-set" ? "New price" : "Amount";
}

const quantity = wholeNumber(
  limits.quantity,
  `Enter a whole number from 0 to ${limits.quantity.maximum.toLocaleString("en")}.`,
);
const amount = price(limits.price);

/** Return the action of the form, or what is wrong with its value. Nothing is wrong with a blank. */
function readAction(
  name: BulkActionName,
  text: string,
): { action: BulkAction | null; message?: string } {
  if (name === "archive" || name === "restore") return { action: { name, value: 0 } };
  if (text.trim() === "") return { action: null };
  if (name === "category-add" || name === "category-remove") {
    return { action: { name, category: text } };
  }
  const result = z.safeParse(schemaOf(name), text);
  if (result.success) return { action: { name, value: result.data } };
  return { action: null, message: result.error.issues[0]?.message ?? "Enter a number." };
}

function schemaOf(name: BulkActionName) {
  if (name.endsWith("percent")) return percentage;
  return name.startsWith("stock") ? quantity : amount;
}
