import { useQuery } from "@tanstack/react-query";
import { useId, useRef } from "react";
import Button from "react-bootstrap/Button";
import { type UseFormRegisterReturn, useWatch } from "react-hook-form";
import type { ProductBody } from "@/api";
import { newProductBodyLimits as limits } from "@/api/generated/limits.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { UnsavedChanges } from "@/components/UnsavedChanges";
import type { ProductWithEtag } from "@/features/products/api/getProduct";
import { categoryNamesQuery } from "@/features/products/api/listCategories";
import { capitalize } from "@/lib/text";
import { useProductEditor } from "../useProductEditor";
import { EditConflict } from "./EditConflict";
import { PictureUpload } from "./PictureUpload";

interface Props {
  /** The product to edit, or null for a new one. */
  initial: ProductWithEtag | null;
  /** Whether the name takes the focus when the form appears. */
  focusesName?: boolean;
  onSaved: (product: ProductBody, options: { addsAnother: boolean }) => void;
}

export function ProductForm({ initial, focusesName = false, onSaved }: Props) {
  const addsAnother = useRef(false);
  const editor = useProductEditor(initial, (product) =>
    onSaved(product, { addsAnother: addsAnother.current }),
  );
  const { form, base, chosen, saving, conflict, resolveConflict } = editor;
  const { errors } = form.formState;
  const [name, categories] = useWatch({ control: form.control, name: ["name", "categories"] });

  if (conflict) {
    return (
      <>
        <EditConflict
          values={conflict.values}
          base={conflict.base}
          saved={conflict.saved.product}
          onResolve={(mine) => resolveConflict(conflict.saved, mine)}
        />
        <UnsavedChanges hasChanges={editor.hasChanges} />
      </>
    );
  }
  return (
    <form className="form-stack" onSubmit={saving.submit} noValidate>
      <PictureUpload
        product={base?.product ?? { id: "new", name: name || "?", categories, image_url: null }}
        chosen={chosen}
        isSending={saving.isPending && chosen.picture !== null}
      />
      <Field label="Name" error={errors.name?.message}>
        {(control) => (
          <input
            {...control}
            {...form.register("name")}
            maxLength={limits.name.maxLength}
            // biome-ignore lint/a11y/noAutofocus: the form before it, which had the focus, is gone.
            autoFocus={focusesName}
          />
        )}
      </Field>
      <Field label="Description" error={errors.description?.message}>
        {(control) => (
          <textarea
            {...control}
            {...form.register("description")}
            rows={4}
            maxLength={limits.description.maxLength}
          />
        )}
      </Field>
      <div className="two-fields">
        <Field label="Price" error={errors.price?.message}>
          {(control) => <input {...control} {...form.register("price")} inputMode="decimal" />}
        </Field>
        {!base && (
          <Field label="Initial stock" error={errors.quantity?.message}>
            {(control) => <input {...control} {...form.register("quantity")} inputMode="numeric" />}
          </Field>
        )}
      </div>
      <CategoryChoice
        register={() => form.register("categories")}
        error={errors.categories?.message}
      />
      {saving.error && <ErrorNotice error={saving.error} />}
      <UnsavedChanges hasChanges={editor.hasChanges} />
      <div className="row-actions">
        <Button
          type="submit"
          disabled={saving.isPending}
          onClick={() => {
            addsAnother.current = false;
          }}
        >
          {saving.isPending && (chosen.isPreparing ? "Preparing the picture…" : "Saving…")}
          {!saving.isPending && (base ? "Save changes" : "Create product")}
        </Button>
        {!initial && (
          <Button
            type="submit"
            variant="outline-secondary"
            disabled={saving.isPending}
            onClick={() => {
              addsAnother.current = true;
            }}
          >
            Save and add another
          </Button>
        )}
      </div>
    </form>
  );
}

interface ChoiceProps {
  /** Registers the field. It is called while rendering, so that errors focus fields in order. */
  register: () => UseFormRegisterReturn;
  error: string | undefined;
}

function CategoryChoice({ register, error }: ChoiceProps) {
  const errorId = useId();
  const input = register();
  const { data, error: failure, refetch } = useQuery(categoryNamesQuery);
  return (
    <fieldset aria-describedby={error ? errorId : undefined}>
      <legend className="form-label">Categories</legend>
      {failure && <ErrorNotice error={failure} onRetry={() => refetch()} />}
      <div className="chip-choice">
        {data?.map((name) => (
          <label key={name}>
            <input type="checkbox" value={name} {...input} />
            <span>{capitalize(name)}</span>
          </label>
        ))}
      </div>
      {error && (
        <p id={errorId} className="field-error">
          {error}
        </p>
      )}
    </fieldset>
  );
}
