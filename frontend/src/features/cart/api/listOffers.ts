import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { listOffers } from "@/api";

/** The ways to get an order of a value to a country. */
export function offersQuery(country: string, value: number) {
  return queryOptions({
    queryKey: ["delivery-methods", country, value],
    queryFn: async ({ signal }) =>
      (await listOffers({ query: { country, value }, signal })).data.methods,
    staleTime: 0,
    // The methods stay until those of another country have loaded, so that the page does not jump.
    placeholderData: keepPreviousData,
  });
}
