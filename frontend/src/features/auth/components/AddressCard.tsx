import { useMutation, useQueryClient } from "@tanstack/react-query";
import Button from "react-bootstrap/Button";
import type { AddressBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { toast } from "@/components/toastStore";
import { focusOnMount } from "@/lib/focusOnMount";
import { asProblem } from "@/lib/problem";
import { addAddress } from "../api/addAddress";
import { changeAddress } from "../api/changeAddress";
import { deleteAddress } from "../api/deleteAddress";
import { addressesQuery } from "../api/listAddresses";
import { AddressText } from "./AddressText";

interface Props {
  address: AddressBody;
  /** Whether its form was open before. Then the button that opened it takes the focus. */
  wasEdited: boolean;
  onEdit: () => void;
}

/** An address with the actions Edit, Make default and Delete. */
export function AddressCard({ address, wasEdited, onEdit }: Props) {
  const { id, ...values } = address;
  const [firstLine] = address.lines;
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: addressesQuery.queryKey });
  const choosing = useMutation({
    mutationFn: () => changeAddress(id, { default: true }),
    onSuccess: () => toast("Default address changed."),
    onSettled: refresh,
  });
  const deleting = useMutation({
    mutationFn: () => deleteAddress(id),
    onSuccess: () => {
      toast("Address deleted.", restore);
      return refresh();
    },
  });

  function restore() {
    addAddress(values)
      .then(refresh)
      .catch((error) => toast(asProblem(error).message));
  }
  const isBusy = choosing.isPending || deleting.isPending;
  const error = choosing.error ?? deleting.error;
  return (
    <li className="panel form-stack">
      <div>
        <div className="summary-head">
          <h2 className="address-name">{address.name}</h2>
          {address.default && <span className="chip">Default</span>}
        </div>
        <AddressText address={address} />
      </div>
      {error && <ErrorNotice error={error} />}
      <div className="row-actions">
        <Button
          ref={wasEdited ? focusOnMount : undefined}
          variant="outline-secondary"
          aria-label={`Edit ${firstLine}`}
          onClick={onEdit}
        >
          Edit
        </Button>
        {!address.default && (
          <Button
            variant="quiet"
            disabled={isBusy}
            aria-label={`Make default: ${firstLine}`}
            onClick={() => choosing.mutate()}
          >
            Make default
          </Button>
        )}
        <Button
          variant="quiet"
          disabled={isBusy}
          aria-label={`Delete ${firstLine}`}
          onClick={() => deleting.mutate()}
        >
          Delete
        </Button>
      </div>
    </li>
  );
}
