import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import type { CategoryBody } from "@/api";
import { Icon } from "@/components/Icon";
import { toast } from "@/components/toastStore";
import { focusOnMount } from "@/lib/focusOnMount";
import { asProblem } from "@/lib/problem";
import { capitalize } from "@/lib/text";
import { addCategory } from "../api/addCategory";
import { deleteCategory } from "../api/deleteCategory";
import { renameCategory } from "../api/renameCategory";
import { CategoryNameForm } from "./CategoryNameForm";

export function CategoryRow({ category: { id, name } }: { category: CategoryBody }) {
  const [isEditing, setEditing] = useState(false);
  const [wasEdited, setEdited] = useState(false);
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries();
  const deleting = useMutation({
    mutationFn: () => deleteCategory(id),
    onSuccess: () => {
      toast(`Deleted ${name}.`, restore);
      return refresh();
    },
  });

  function restore() {
    addCategory(name)
      .then(refresh)
      .catch((error) => toast(asProblem(error).message));
  }
  function edit() {
    deleting.reset();
    setEdited(true);
    setEditing(true);
  }
  async function rename(newName: string) {
    if (newName !== name) await renameCategory(id, newName);
  }
  function finish(newName: string) {
    setEditing(false);
    if (newName === name) return;
    toast(`Renamed ${name} to ${newName}.`);
    return refresh();
  }
  if (isEditing) {
    return (
      <li className="row-item">
        <CategoryNameForm
          label={`New name for ${name}`}
          initialName={name}
          focusOnMount
          send={rename}
          onSaved={finish}
        >
          <Button type="submit">Save</Button>
          <Button variant="quiet" onClick={() => setEditing(false)}>
            Cancel
          </Button>
        </CategoryNameForm>
      </li>
    );
  }
  return (
    <li className="row-item">
      <Link to={`/products?category=${encodeURIComponent(name)}`}>{capitalize(name)}</Link>
      <span className="row-actions">
        <Button
          ref={wasEdited ? focusOnMount : undefined}
          variant="quiet"
          className="btn-icon"
          aria-label={`Rename ${name}`}
          onClick={edit}
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
      {deleting.error && (
        <p className="field-error" role="alert">
          <Icon name="warn" />
          {asProblem(deleting.error).message}
        </p>
      )}
    </li>
  );
}
