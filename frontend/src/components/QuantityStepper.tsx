import { type ChangeEvent, type KeyboardEvent, useId, useState } from "react";
import Button from "react-bootstrap/Button";
import { Icon } from "./Icon";

interface Props {
  label: string;
  value: number;
  min?: number;
  max: number;
  /** Whether the stepper replaces a button that had the focus. */
  takesFocus?: boolean;
  onChange: (value: number) => void;
}

// "1,000" means one or a thousand, depending on the country.
const NOT_A_COUNT = "Enter a whole number without separators, such as 1000.";

/**
 * A quantity within a range. A typed number is applied when the field loses the focus.
 *
 * Text that is not a whole number stays in the field, which is invalid until it is corrected.
 */
export function QuantityStepper({
  label,
  value,
  min = 1,
  max,
  takesFocus = false,
  onChange,
}: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  const [isRefused, setRefused] = useState(false);
  const [announced, setAnnounced] = useState("");
  const errorId = useId();
  const text = typed?.trim() ?? "";
  const isCount = /^\d*$/.test(text);

  function applyTyped() {
    setRefused(!isCount);
    if (!isCount) return;
    setTyped(null);
    if (text !== "") change(Number(text));
  }
  function change(wanted: number) {
    setTyped(null);
    setRefused(false);
    const bounded = Math.min(Math.max(wanted, min), max);
    if (bounded === value) return;
    setAnnounced(`${label}: ${bounded}`);
    onChange(bounded);
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Enter") applyTyped();
    if (event.key === "ArrowUp") change(value + 1);
    if (event.key === "ArrowDown") change(value - 1);
    // Enter applies the number and does not submit a form around the field.
    if (["Enter", "ArrowUp", "ArrowDown"].includes(event.key)) event.preventDefault();
  }
  const stepper = (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset's legend would show beside the label.
    <div
      className="stepper"
      role="group"
      aria-label={label}
      ref={takesFocus ? focusLastButton : undefined}
    >
      <Button
        variant="quiet"
        aria-label={`Decrease: ${label}`}
        disabled={value <= min}
        onClick={() => change(value - 1)}
      >
        <Icon name="minus" />
      </Button>
      <input
        type="text"
        inputMode="numeric"
        aria-label={label}
        aria-invalid={isRefused || undefined}
        aria-describedby={isRefused ? errorId : undefined}
        // A form around the field is not submitted while it is invalid.
        ref={(input) => input?.setCustomValidity(isCount ? "" : NOT_A_COUNT)}
        value={typed ?? String(value)}
        onChange={(event: ChangeEvent<HTMLInputElement>) => {
          setTyped(event.target.value);
          setRefused(false);
        }}
        onBlur={applyTyped}
        onKeyDown={onKeyDown}
      />
      <Button
        variant="quiet"
        aria-label={`Increase: ${label}`}
        disabled={value >= max}
        onClick={() => change(value + 1)}
      >
        <Icon name="plus" />
      </Button>
    </div>
  );
  return (
    <>
      {stepper}
      <span className="visually-hidden" role="status">
        {announced}
      </span>
      {isRefused && (
        <p id={errorId} className="field-error" role="alert">
          <Icon name="warn" />
          {NOT_A_COUNT}
        </p>
      )}
    </>
  );
}

/** Focus a button instead of the field, which would open the keyboard on a phone. */
function focusLastButton(group: HTMLElement | null): void {
  const buttons = group?.querySelectorAll<HTMLElement>("button:not(:disabled)");
  if (buttons) [...buttons].at(-1)?.focus();
}
