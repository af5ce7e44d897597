import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import { useSearchParams } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { SkeletonRows } from "@/components/Skeleton";
import { focusOnMount } from "@/lib/focusOnMount";
import { deliveryMethodsQuery } from "../api/listDeliveryMethods";
import { DeliveryMethodCard } from "../components/DeliveryMethodCard";
import { DeliveryMethodForm } from "../components/DeliveryMethodForm";
import { useAdminTitle } from "../useAdminTitle";

const NEW = "new";

/** How orders are delivered. The parameter "edit" opens the form, for "new" or the id of a method. */
export function DeliveryMethodsPage() {
  useAdminTitle("Delivery");
  const [search, setSearch] = useSearchParams();
  const [lastEdited, setLastEdited] = useState("");
  const { data: methods, error, isPending, refetch } = useQuery(deliveryMethodsQuery);
  const edited = search.get("edit");
  const initial = methods?.find(({ id }) => id === edited) ?? null;

  function edit(id: string) {
    setLastEdited(id);
    setSearch({ edit: id });
  }
  if (edited && methods && (initial || edited === NEW)) {
    return (
      <>
        <div className="page-head">
          <h1 tabIndex={-1}>{initial ? `Edit ${initial.name}` : "Add a delivery method"}</h1>
        </div>
        <DeliveryMethodForm
          key={edited}
          initial={initial}
          takenIds={methods.map(({ id }) => id)}
          onClose={() => setSearch({})}
        />
      </>
    );
  }
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Delivery</h1>
        <Button ref={lastEdited === NEW ? focusOnMount : undefined} onClick={() => edit(NEW)}>
          Add method
        </Button>
      </div>
      <p className="muted spaced">
        Customers see the methods that deliver to their country. Orders keep the fee that they were
        placed with. What is delivered is paid before, so customers see these methods only if the
        shop accepts transfers or cards.
      </p>
      {isPending && <SkeletonRows count={2} height="9rem" />}
      {error && <ErrorNotice error={error} onRetry={() => refetch()} />}
      {methods?.length === 0 && (
        <EmptyState icon="truck" title="Nothing is delivered yet">
          <p className="muted">
            Customers collect their orders in the shop until you add a delivery method.
          </p>
        </EmptyState>
      )}
      <ul className="row-list plain-list">
        {methods?.map((method) => (
          <DeliveryMethodCard
            key={method.id}
            method={method}
            wasEdited={lastEdited === method.id}
            onEdit={() => edit(method.id)}
          />
        ))}
      </ul>
    </>
  );
}
