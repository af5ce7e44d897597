import { LOCALE } from "@/lib/settings";

const NAMES = new Intl.DisplayNames("en", { type: "region" });

/** The country that a new address is in unless another one is chosen. */
export const SHOP_COUNTRY = new Intl.Locale(LOCALE).region ?? "";

/** Return the name of a country, such as "Ireland" for IE. */
export function countryName(code: string): string {
  return NAMES.of(code) ?? code;
}
