import { type ReactNode, useId } from "react";
import { Icon } from "./Icon";

interface Option<Value extends string> {
  value: Value;
  label: string;
  /** What choosing it means. */
  details?: ReactNode;
  /** What is shown at the end, such as a price. */
  end?: string;
}

interface Props<Value extends string> {
  legend: string;
  options: readonly Option<Value>[];
  value: Value | null;
  error?: string | undefined;
  onChange: (value: Value) => void;
}

/** A choice of one of several options, each with an explanation. */
export function ChoiceGroup<Value extends string>(props: Props<Value>) {
  const { legend, options, value, error, onChange } = props;
  const id = useId();
  return (
    <div
      role="radiogroup"
      aria-labelledby={`${id}-legend`}
      aria-invalid={error ? true : undefined}
      aria-describedby={error ? `${id}-error` : undefined}
    >
      <p id={`${id}-legend`} className="form-label">
        {legend}
      </p>
      <div className="choices">
        {options.map((option) => (
          <label key={option.value} className="choice">
            <input
              type="radio"
              className="form-check-input"
              name={id}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span className="choice-text">
              <span>{option.label}</span>
              {option.details && <span className="small-text muted">{option.details}</span>}
            </span>
            {option.end && <span className="money">{option.end}</span>}
          </label>
        ))}
      </div>
      {error && (
        <p id={`${id}-error`} className="field-error">
          <Icon name="warn" />
          {error}
        </p>
      )}
    </div>
  );
}
