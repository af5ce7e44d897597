import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getAddressForm } from "@/api";

/** The fields of a country's addresses, in the order of the country. */
export function addressFormQuery(country: string) {
  return queryOptions({
    queryKey: ["address-form", country],
    queryFn: async ({ signal }) =>
      (await getAddressForm({ path: { country }, signal })).data.fields,
    staleTime: Number.POSITIVE_INFINITY,
    // The fields stay until those of another country have loaded, so that the page does not jump.
    placeholderData: keepPreviousData,
  });
}
