import { useState } from "react";
import Button from "react-bootstrap/Button";
import { Field } from "@/components/Field";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  autoComplete: "current-password" | "new-password";
  error?: string | undefined;
  hint?: string;
}

export function PasswordField({ label, value, onChange, autoComplete, error, hint }: Props) {
  const [isShown, setShown] = useState(false);
  return (
    <Field label={label} error={error} {...(hint ? { hint } : {})}>
      {(control) => (
        <div className="password-field">
          <input
            {...control}
            name={autoComplete}
            type={isShown ? "text" : "password"}
            autoComplete={autoComplete}
            value={value}
            maxLength={128}
            onChange={(event) => onChange(event.target.value)}
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
