import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import { useSearchParams } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { SkeletonRows } from "@/components/Skeleton";
import { focusOnMount } from "@/lib/focusOnMount";
import { useTitle } from "@/lib/useTitle";
import { profileQuery } from "../api/getProfile";
import { addressesQuery } from "../api/listAddresses";
import { AddressCard } from "../components/AddressCard";
import { AddressForm } from "../components/AddressForm";

const NEW = "new";

/** The address book. The parameter "edit" opens the form, for "new" or the id of an address. */
export function AddressesPage() {
  useTitle("Addresses");
  const [search, setSearch] = useSearchParams();
  const [lastEdited, setLastEdited] = useState("");
  const profile = useQuery(profileQuery);
  const { data: addresses, error, isPending, refetch } = useQuery(addressesQuery);
  const edited = search.get("edit");
  const initial = addresses?.find(({ id }) => id === edited) ?? null;

  function edit(id: string) {
    setLastEdited(id);
    setSearch({ edit: id });
  }
  // The form waits for the name and the address that it begins with.
  if (edited && addresses && !profile.isPending && (initial || edited === NEW)) {
    return (
      <div className="account-page">
        <div className="page-head">
          <h1 tabIndex={-1}>{initial ? "Edit address" : "Add an address"}</h1>
        </div>
        <AddressForm
          key={edited}
          initial={initial}
          ownerName={profile.data?.name ?? ""}
          onClose={() => setSearch({})}
        />
      </div>
    );
  }
  return (
    <div className="account-page">
      <div className="page-head">
        <h1 tabIndex={-1}>Addresses</h1>
        <Button ref={lastEdited === NEW ? focusOnMount : undefined} onClick={() => edit(NEW)}>
          Add address
        </Button>
      </div>
      {isPending && <SkeletonRows count={2} height="12rem" />}
      {error && <ErrorNotice error={error} onRetry={() => refetch()} />}
      {addresses?.length === 0 && (
        <EmptyState icon="box" title="No addresses yet">
          <p className="muted">Addresses that you add will appear here.</p>
        </EmptyState>
      )}
      <ul className="row-list plain-list">
        {addresses?.map((address) => (
          <AddressCard
            key={address.id}
            address={address}
            wasEdited={lastEdited === address.id}
            onEdit={() => edit(address.id)}
          />
        ))}
      </ul>
    </div>
  );
}
