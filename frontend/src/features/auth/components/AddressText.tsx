import type { OrderAddressBody } from "@/api";
import { countryName } from "../countries";

/** An address below its name, line by line. */
export function AddressText({ address }: { address: Omit<OrderAddressBody, "name"> }) {
  const { company, lines, postcode, city, region, country, phone } = address;
  const place = [postcode, city].filter(Boolean).join(" ");
  const texts = [company, ...lines, place, region, countryName(country), phone];
  return <address className="address-text">{texts.filter(Boolean).join("\n")}</address>;
}
