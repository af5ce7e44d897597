/** The values of the address form, and their rules. */
import * as z from "zod/mini";
import type { AddressBody, AddressFieldBody, AddressRequest } from "@/api";
import { addressRequestLimits as limits } from "@/api/generated/limits.gen";
import { maxLength, required } from "@/lib/validation";

export type FieldName = AddressFieldBody["name"];

/** What is typed into the fields of an address. The lines are one text. */
export type AddressDraft = Record<FieldName, string>;

export function newDraft(name: string): AddressDraft {
  return { name, company: "", lines: "", postcode: "", city: "", region: "", phone: "" };
}

export function toDraft(address: AddressBody): AddressDraft {
  const { name, company, lines, postcode, city, region, phone } = address;
  return { name, company, lines: lines.join("\n"), postcode, city, region, phone };
}

/** Return the rules of a country. The server checks what only it knows, such as postcodes. */
export function addressSchema(fields: readonly AddressFieldBody[]) {
  const text = (name: FieldName) => {
    const field = fields.find((each) => each.name === name);
    const schema = z.string().check(z.trim(), maxLength(limits.name.maxLength));
    return field?.required ? schema.check(required(`${field.label} is required.`)) : schema;
  };
  return z.object({
    name: text("name"),
    company: text("company"),
    lines: z.string().check(
      z.refine((lines) => toLines(lines).length > 0, "Street address is required."),
      z.refine(hasValidLines, "Use at most 4 lines of 100 characters."),
    ),
    postcode: text("postcode"),
    city: text("city"),
    region: text("region"),
    phone: text("phone"),
  });
}

/** Return the address to send. Fields that the country does not have are empty. */
export function toRequest(
  country: string,
  draft: AddressDraft,
  fields: readonly AddressFieldBody[],
): Omit<AddressRequest, "default"> {
  const value = (name: FieldName) =>
    fields.some((field) => field.name === name) ? draft[name] : "";
  return {
    country,
    name: draft.name,
    company: value("company"),
    lines: toLines(draft.lines),
    postcode: value("postcode"),
    city: value("city"),
    region: value("region"),
    phone: value("phone"),
  };
}

function toLines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function hasValidLines(text: string): boolean {
  const lines = toLines(text);
  return (
    lines.length <= limits.lines.maxItems &&
    lines.every((line) => line.length <= limits.name.maxLength)
  );
}
