import { Link } from "react-router";
import { ChoiceGroup } from "@/components/ChoiceGroup";
import { ErrorNotice } from "@/components/ErrorNotice";
import { SkeletonRows } from "@/components/Skeleton";
import { AddressFields } from "@/features/auth/components/AddressFields";
import { AddressText } from "@/features/auth/components/AddressText";
import { NEW_ADDRESS } from "../checkoutDraft";
import type { useCheckout } from "../useCheckout";

/** Where the order goes: an address of the address book in this country, or a new one. */
export function AddressSection({ checkout }: { checkout: ReturnType<typeof useCheckout> }) {
  const { change, choices, errors } = checkout;
  const { localAddresses, savedAddress } = choices;
  const hasWrongAddress = savedAddress !== null && errors.ofAddress.length > 0;
  return (
    <>
      {localAddresses.length > 0 && (
        <ChoiceGroup
          legend="Delivery address"
          options={[
            ...localAddresses.map((address) => ({
              value: address.id,
              label: address.name,
              details: <AddressText address={address} />,
            })),
            { value: NEW_ADDRESS, label: "Another address" },
          ]}
          value={savedAddress?.id ?? NEW_ADDRESS}
          error={
            hasWrongAddress ? errors.ofAddress.map(([, message]) => message).join(" ") : undefined
          }
          onChange={(addressId) => change({ addressId })}
        />
      )}
      {hasWrongAddress && (
        <Link to={`/account/addresses?edit=${savedAddress.id}`}>Change this address</Link>
      )}
      {!savedAddress && <NewAddress checkout={checkout} />}
    </>
  );
}

function NewAddress({ checkout }: { checkout: ReturnType<typeof useCheckout> }) {
  const { draft, change, newAddress } = checkout;
  const { form, fields, layout } = newAddress;
  const { errors } = form.formState;
  return (
    <>
      {layout.isPending && <SkeletonRows count={6} height="4.5rem" />}
      {layout.isError && <ErrorNotice error={layout.error} onRetry={() => layout.refetch()} />}
      <AddressFields
        fields={fields}
        register={form.register}
        message={(name) => errors[name]?.message}
      />
      <label className="form-check">
        <input
          type="checkbox"
          className="form-check-input"
          checked={draft.isAddressToBeSaved}
          onChange={(event) => change({ isAddressToBeSaved: event.target.checked })}
        />
        Save this address for my next orders
      </label>
    </>
  );
}
