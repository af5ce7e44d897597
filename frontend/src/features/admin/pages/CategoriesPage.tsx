import { useQuery, useQueryClient } from "@tanstack/react-query";
import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { SkeletonRows } from "@/components/Skeleton";
import { toast } from "@/components/toastStore";
import { categoriesQuery } from "@/features/products/api/listCategories";
import { addCategory } from "../api/addCategory";
import { CategoryNameForm } from "../components/CategoryNameForm";
import { CategoryRow } from "../components/CategoryRow";
import { useAdminTitle } from "../useAdminTitle";

export function CategoriesPage() {
  useAdminTitle("Categories");
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
        <EmptyState icon="tag" title="No categories yet">
          <p className="muted">
            Add a category above, then assign it to <Link to="/admin/products">your products</Link>.
          </p>
        </EmptyState>
      )}
      <ul className="row-list plain-list">
        {data?.map((category) => (
          <CategoryRow key={category.id} category={category} />
        ))}
      </ul>
    </>
  );
}

function AddForm() {
  const queries = useQueryClient();
  return (
    <CategoryNameForm
      label="New category"
      send={addCategory}
      onSaved={(name) => {
        toast(`Added ${name}.`);
        return queries.invalidateQueries({ queryKey: categoriesQuery.queryKey });
      }}
    >
      <Button type="submit">Add category</Button>
    </CategoryNameForm>
  );
}
