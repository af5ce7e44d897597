import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { useForm } from "react-hook-form";
import { type AddressDraft, addressSchema } from "@/features/auth/addressForm";
import { addressFormQuery } from "@/features/auth/api/getAddressForm";

interface Options {
  country: string;
  isNeeded: boolean;
  initial: AddressDraft;
  onChange: (address: AddressDraft) => void;
}

/** Return the form of an address that is not in the address book, with the fields of its country. */
export function useNewAddress({ country, isNeeded, initial, onChange }: Options) {
  const layout = useQuery({ ...addressFormQuery(country), enabled: isNeeded });
  const fields = layout.data ?? [];
  const form = useForm({
    resolver: zodResolver(addressSchema(fields)),
    defaultValues: initial,
  });
  const report = useEffectEvent(onChange);
  useEffect(
    () => form.subscribe({ formState: { values: true }, callback: ({ values }) => report(values) }),
    [form],
  );
  const isReady = layout.isSuccess && !layout.isPlaceholderData;
  return { form, fields, layout, isReady };
}
