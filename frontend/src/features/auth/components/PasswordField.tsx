import { useState } from "react";
import Button from "react-bootstrap/Button";
import type { UseFormRegisterReturn } from "react-hook-form";
import { Field } from "@/components/Field";

interface Props {
  label: string;
  /** Registers the field. It is called while rendering, so that errors focus fields in order. */
  register: () => UseFormRegisterReturn;
  autoComplete: "current-password" | "new-password";
  maxLength: number;
  error?: string | undefined;
  hint?: string | undefined;
}

/** A password field with a button that shows the password. */
export function PasswordField({ label, register, autoComplete, maxLength, error, hint }: Props) {
  const [isShown, setShown] = useState(false);
  return (
    <Field label={label} error={error} hint={hint}>
      {(control) => (
        <div className="password-field">
          <input
            {...control}
            {...register()}
            type={isShown ? "text" : "password"}
            autoComplete={autoComplete}
            maxLength={maxLength}
          />
          <Button variant="quiet" onClick={() => setShown(!isShown)}>
            {isShown ? "Hide" : "Show"}
            <span className="visually-hidden"> {label.toLowerCase()}</span>
          </Button>
        </div>
      )}
    </Field>
  );
}
