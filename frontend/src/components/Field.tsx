import { type ReactNode, useId } from "react";
import { Icon } from "./Icon";

interface ControlProps {
  id: string;
  className: string;
  "aria-invalid": boolean | undefined;
  "aria-describedby": string | undefined;
}

interface Props {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  kind?: "form-control" | "form-select";
  children: (props: ControlProps) => ReactNode;
}

/** A form control with its label, hint and error message. */
export function Field({ label, hint, error, kind = "form-control", children }: Props) {
  const id = useId();
  const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div>
      <label className="form-label" htmlFor={id}>
        {label}
      </label>
      {children({
        id,
        className: `${kind}${error ? " is-wrong" : ""}`,
        "aria-invalid": error ? true : undefined,
        "aria-describedby": describedBy || undefined,
      })}
      {hint && (
        <p id={`${id}-hint`} className="field-hint small-text muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="field-error">
          <Icon name="warn" />
          {error}
        </p>
      )}
    </div>
  );
}
