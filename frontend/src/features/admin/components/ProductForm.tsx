import { useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import Button from "react-bootstrap/Button";
import type { ProductBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import type { TaggedProduct } from "@/features/products/api/getProduct";
import { categoriesQuery } from "@/features/products/api/listCategories";
import { useFocusOnWrong } from "@/lib/useFocusOnWrong";
import { capital } from "@/lib/words";
import { useProductEditor } from "../useProductEditor";
import { Conflict } from "./Conflict";
import { PictureDrop } from "./PictureDrop";

interface Props {
  initial: TaggedProduct | null;
  onSaved: (product: ProductBody) => void;
}

export function ProductForm({ initial, onSaved }: Props) {
  const { base, draft, change, picture, setPicture, wrong, saving, save, theirs, settleConflict } =
    useProductEditor(initial, onSaved);
  const isByField = Object.keys(wrong).length > 0;
  const form = useFocusOnWrong(wrong);

  function submit(event: FormEvent) {
    event.preventDefault();
    save();
  }
  if (theirs && base) {
    return (
      <Conflict
        draft={draft}
        base={base.product}
        theirs={theirs.product}
        onSettle={settleConflict}
      />
    );
  }
  return (
    <form ref={form} className="form-stack" onSubmit={submit} noValidate>
      <PictureDrop
        product={
          base?.product ?? {
            id: "new",
            name: draft.name || "?",
            categories: draft.categories,
            image_url: null,
          }
        }
        chosen={picture}
        onChoose={setPicture}
        isSending={saving.isPending && picture !== null}
      />
      <Field label="Name" error={wrong.name}>
        {(control) => (
          <input
            {...control}
            value={draft.name}
            maxLength={120}
            onChange={(event) => change({ name: event.target.value })}
          />
        )}
      </Field>
      <Field label="Description" error={wrong.description}>
        {(control) => (
          <textarea
            {...control}
            rows={4}
            value={draft.description}
            maxLength={2000}
            onChange={(event) => change({ description: event.target.value })}
          />
        )}
      </Field>
      <div className="two-fields">
        <Field label="Price" error={wrong.price}>
          {(control) => (
            <input
              {...control}
              inputMode="decimal"
              value={draft.price}
              onChange={(event) => change({ price: event.target.value })}
            />
          )}
        </Field>
        {!base && (
          <Field label="In stock" error={wrong.quantity}>
            {(control) => (
              <input
                {...control}
                inputMode="numeric"
                value={draft.quantity}
                onChange={(event) => change({ quantity: event.target.value })}
              />
            )}
          </Field>
        )}
      </div>
      <CategoryChoice
        chosen={draft.categories}
        onChange={(categories) => change({ categories })}
        error={wrong.categories}
      />
      {saving.isError && !isByField && <ErrorNotice error={saving.error} />}
      <Button type="submit" disabled={saving.isPending}>
        {saving.isPending ? "Saving…" : "Save"}
      </Button>
    </form>
  );
}

interface ChoiceProps {
  chosen: string[];
  onChange: (categories: string[]) => void;
  error: string | undefined;
}

function CategoryChoice({ chosen, onChange, error }: ChoiceProps) {
  const { data, error: failure, refetch } = useQuery(categoriesQuery);
  function toggle(name: string) {
    onChange(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
  }
  return (
    <fieldset>
      <legend className="form-label">Categories</legend>
      {failure && <ErrorNotice error={failure} onRetry={() => refetch()} />}
      <div className="chip-choice">
        {data?.map((name) => (
          <label key={name}>
            <input type="checkbox" checked={chosen.includes(name)} onChange={() => toggle(name)} />
            <span>{capital(name)}</span>
          </label>
        ))}
      </div>
      {error && <p className="field-error">{error}</p>}
    </fieldset>
  );
}
