import type { UseFormRegister } from "react-hook-form";
import type { AddressFieldBody } from "@/api";
import { addressRequestLimits as limits } from "@/api/generated/limits.gen";
import { Field } from "@/components/Field";
import type { AddressDraft, FieldName } from "../addressForm";

/** What browsers call the fields, so that they can fill them in. */
const AUTOCOMPLETE: Record<FieldName, string> = {
  name: "name",
  company: "organization",
  lines: "street-address",
  postcode: "postal-code",
  city: "address-level2",
  region: "address-level1",
  phone: "tel",
};

interface Props {
  fields: readonly AddressFieldBody[];
  register: UseFormRegister<AddressDraft>;
  message: (name: FieldName) => string | undefined;
}

/** The fields of an address, in the order of its country. */
export function AddressFields({ fields, register, message }: Props) {
  return fields.map((field) => (
    <Field
      key={field.name}
      label={field.required ? field.label : `${field.label} (optional)`}
      hint={field.example && `For example ${field.example}`}
      error={message(field.name)}
      kind={field.choices.length > 0 ? "form-select" : "form-control"}
    >
      {(control) => <Control field={field} attributes={{ ...control, ...register(field.name) }} />}
    </Field>
  ));
}

interface ControlProps {
  field: AddressFieldBody;
  attributes: object;
}

function Control({ field: { name, choices }, attributes }: ControlProps) {
  const shared = { ...attributes, autoComplete: AUTOCOMPLETE[name] };
  if (choices.length > 0) {
    return (
      <select {...shared}>
        <option value="">Choose…</option>
        {choices.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    );
  }
  if (name === "lines") return <textarea {...shared} rows={2} />;
  return (
    <input {...shared} type={name === "phone" ? "tel" : "text"} maxLength={limits.name.maxLength} />
  );
}
