import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import Button from "react-bootstrap/Button";
import { useForm } from "react-hook-form";
import type { AddressBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { SkeletonRows } from "@/components/Skeleton";
import { toast } from "@/components/toastStore";
import { UnsavedChanges } from "@/components/UnsavedChanges";
import type { Problem } from "@/lib/problem";
import { useFormSubmit } from "@/lib/useFormSubmit";
import { addressSchema, newDraft, toDraft, toRequest } from "../addressForm";
import { addAddress } from "../api/addAddress";
import { changeAddress } from "../api/changeAddress";
import { addressFormQuery } from "../api/getAddressForm";
import { addressesQuery } from "../api/listAddresses";
import { SHOP_COUNTRY } from "../countries";
import { AddressFields } from "./AddressFields";
import { CountryField } from "./CountryField";

interface Props {
  /** The address to edit, or null for a new one. */
  initial: AddressBody | null;
  /** The name in a new address. */
  ownerName: string;
  onClose: () => void;
}

/** Adds or changes an address. Its fields are those of the country, in the country's order. */
export function AddressForm({ initial, ownerName, onClose }: Props) {
  const queries = useQueryClient();
  const initialCountry = initial?.country ?? SHOP_COUNTRY;
  const [country, setCountry] = useState(initialCountry);
  const layout = useQuery(addressFormQuery(country));
  const fields = layout.data ?? [];
  const isSaved = useRef(false);
  const form = useForm({
    resolver: zodResolver(addressSchema(fields)),
    defaultValues: initial ? toDraft(initial) : newDraft(ownerName),
  });
  const { errors, isDirty } = form.formState;
  const saving = useFormSubmit({
    form,
    send: (draft) => {
      const address = toRequest(country, draft, fields);
      return initial ? changeAddress(initial.id, address) : addAddress(address);
    },
    onSuccess: async () => {
      isSaved.current = true;
      toast(initial ? "Address changed." : "Address added.");
      await queries.invalidateQueries({ queryKey: addressesQuery.queryKey });
      onClose();
    },
    fieldMessage,
  });
  const hasChanges = () => !isSaved.current && (isDirty || country !== initialCountry);
  const isReady = layout.isSuccess && !layout.isPlaceholderData;

  return (
    <form className="panel form-stack" onSubmit={saving.submit} noValidate>
      <CountryField value={country} autoFocus onChange={setCountry} />
      {layout.isPending && <SkeletonRows count={6} height="4.5rem" />}
      {layout.isError && <ErrorNotice error={layout.error} onRetry={() => layout.refetch()} />}
      <AddressFields
        fields={fields}
        register={form.register}
        message={(name) => errors[name]?.message}
      />
      {saving.error && <ErrorNotice error={saving.error} />}
      <UnsavedChanges hasChanges={hasChanges} />
      <div className="row-actions">
        <Button type="submit" disabled={!isReady} aria-disabled={saving.isPending}>
          {saving.isPending ? "Saving…" : "Save address"}
        </Button>
        <Button variant="quiet" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

/** The server names a line by its number, such as `lines.0`. */
function fieldMessage(problem: Problem, name: string): string | undefined {
  return problem.errors.find(({ field }) => field.split(".")[0] === name)?.message;
}
