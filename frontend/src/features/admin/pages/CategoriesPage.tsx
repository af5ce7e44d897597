import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import { Empty } from "@/components/Empty";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { SkeletonRows } from "@/components/Skeleton";
import { toast } from "@/components/toasts";
import { categoriesQuery } from "@/features/products/api/listCategories";
import { asProblem } from "@/lib/problem";
import { useTitle } from "@/lib/useTitle";
import { addCategory } from "../api/addCategory";
import { CategoryRow } from "../components/CategoryRow";

export function CategoriesPage() {
  useTitle("Categories");
  const { data, error, refetch } = useQuery(categoriesQuery);
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Categories</h1>
      </div>
      <AddForm />
      {error && <ErrorNotice error={error} onRetry={() => refetch()} />}
      {!data && !error && <SkeletonRows count={6} height="3.5rem" />}
      {data?.length === 0 && (
        <Empty icon="tag" title="No categories yet">
          <p className="muted">
            Add one above, then give it to <Link to="/admin/products">your products</Link>.
          </p>
        </Empty>
      )}
      <ul className="row-list plain-list">
        {data?.map((name) => (
          <CategoryRow key={name} name={name} />
        ))}
      </ul>
    </>
  );
}

function AddForm() {
  const [name, setName] = useState("");
  const queries = useQueryClient();
  const adding = useMutation({
    mutationFn: () => addCategory(name),
    onSuccess: () => {
      toast(`Added the category ${name.trim()}.`);
      setName("");
      return queries.invalidateQueries({ queryKey: categoriesQuery.queryKey });
    },
  });
  const problem = adding.error && asProblem(adding.error);
  function submit(event: FormEvent) {
    event.preventDefault();
    if (name.trim() && !adding.isPending) adding.mutate();
  }
  return (
    <form className="inline-form" onSubmit={submit}>
      <Field
        label="New category"
        error={problem ? (problem.field("name") ?? problem.message) : undefined}
      >
        {(control) => (
          <input
            {...control}
            value={name}
            maxLength={120}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit" disabled={!name.trim()}>
        Add
      </Button>
    </form>
  );
}
