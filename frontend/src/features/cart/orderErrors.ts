/** What the server says about the fields of an order that it refused. */
import type { PlaceOrderRequest } from "@/api";
import type { FieldName } from "@/features/auth/addressForm";
import { asProblem } from "@/lib/problem";

const ADDRESS = "delivery.address.";

/** Return functions that find the messages of a failure, if there was one. */
export function orderErrors(error: Error | null, sent: PlaceOrderRequest | undefined) {
  const errors = error ? asProblem(error).errors : [];
  const message = (path: string) => errors.find(({ field }) => field === path)?.message;
  return {
    message,
    /** What is wrong with the address, by the field of its form. */
    ofAddress: errors.flatMap(({ field, message: text }): [FieldName, string][] => {
      const name = addressField(field);
      return name ? [[name, text]] : [];
    }),
    /** Errors name the position among the sent lines; the cart may have changed since. */
    ofLine: (id: string) =>
      message(`products.${sent?.products.findIndex((line) => line.id === id)}`),
  };
}

/** Return the field of the address form that an error is about. A line has a number. */
function addressField(field: string): FieldName | null {
  if (!field.startsWith(ADDRESS) || field === `${ADDRESS}country`) return null;
  return field.slice(ADDRESS.length).split(".")[0] as FieldName;
}
