import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import { Icon } from "@/components/Icon";
import { toast } from "@/components/toasts";
import { focusOnce } from "@/lib/focusOnce";
import { asProblem } from "@/lib/problem";
import { capital } from "@/lib/words";
import { addCategory } from "../api/addCategory";
import { deleteCategory } from "../api/deleteCategory";
import { renameCategory } from "../api/renameCategory";

export function CategoryRow({ name }: { name: string }) {
  const id = useId();
  const [draft, setDraft] = useState<string | null>(null);
  const [wasEdited, setEdited] = useState(false);
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries();
  const renaming = useMutation({
    mutationFn: (text: string) => renameCategory(name, text),
    onSuccess: (_, text) => {
      setDraft(null);
      toast(`Renamed ${name} to ${text}.`);
      return refresh();
    },
  });
  const deleting = useMutation({
    mutationFn: () => deleteCategory(name),
    onSuccess: () => {
      toast(`Deleted the category ${name}.`, putBack);
      return refresh();
    },
  });
  const error = renaming.error ?? deleting.error;

  function putBack() {
    addCategory(name)
      .then(refresh)
      .catch((failure) => toast(asProblem(failure).message));
  }
  function edit(text: string | null) {
    renaming.reset();
    deleting.reset();
    setEdited(true);
    setDraft(text);
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    const text = draft?.trim();
    if (renaming.isPending) return;
    if (text && text !== name) renaming.mutate(text);
    else edit(null);
  }
  return (
    <li className="row-item">
      {draft === null ? (
        <Link to={`/products?category=${encodeURIComponent(name)}`}>{capital(name)}</Link>
      ) : (
        <form className="inline-form" onSubmit={submit}>
          <input
            className="form-control"
            aria-label={`New name of ${name}`}
            aria-invalid={renaming.isError || undefined}
            aria-describedby={renaming.isError ? id : undefined}
            ref={focusOnce}
            value={draft}
            maxLength={120}
            onChange={(event) => setDraft(event.target.value)}
          />
          <Button type="submit">Save</Button>
          <Button variant="quiet" onClick={() => edit(null)}>
            Keep
          </Button>
        </form>
      )}
      {draft === null && (
        <span className="row-actions">
          <Button
            ref={wasEdited ? focusOnce : undefined}
            variant="quiet"
            className="btn-icon"
            aria-label={`Rename ${name}`}
            onClick={() => edit(name)}
          >
            <Icon name="edit" />
          </Button>
          <Button
            variant="quiet"
            className="btn-icon"
            aria-label={`Delete ${name}`}
            disabled={deleting.isPending}
            onClick={() => deleting.mutate()}
          >
            <Icon name="trash" />
          </Button>
        </span>
      )}
      {error && (
        <p id={id} className="field-error" role="alert">
          <Icon name="warn" />
          {asProblem(error).message}
        </p>
      )}
    </li>
  );
}
