import { queryOptions } from "@tanstack/react-query";
import { listCountries } from "@/api";
import { countryName } from "../countries";

/** The countries that addresses can be in, by name. */
export const countriesQuery = queryOptions({
  queryKey: ["countries"],
  queryFn: async ({ signal }) => {
    const { countries } = (await listCountries({ signal })).data;
    return countries
      .map((code) => ({ code, name: countryName(code) }))
      .toSorted((first, second) => first.name.localeCompare(second.name, "en"));
  },
  staleTime: Number.POSITIVE_INFINITY,
});
