import { type ChangeEvent, type KeyboardEvent, useState } from "react";
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

/** A quantity within a range. A typed number is applied when the field loses the focus. */
export function QuantityStepper({
  label,
  value,
  min = 1,
  max,
  takesFocus = false,
  onChange,
}: Props) {
  const [typed, setTyped] = useState<string | null>(null);

  function applyTyped() {
    const number = Number.parseInt(typed ?? "", 10);
    setTyped(null);
    if (Number.isNaN(number)) return;
    const bounded = Math.min(Math.max(number, min), max);
    if (bounded !== value) onChange(bounded);
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Enter") applyTyped();
    if (event.key === "ArrowUp" && value < max) onChange(value + 1);
    if (event.key === "ArrowDown" && value > min) onChange(value - 1);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") event.preventDefault();
  }
  return (
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
        onClick={() => onChange(value - 1)}
      >
        <Icon name="minus" />
      </Button>
      <input
        type="text"
        inputMode="numeric"
        aria-label={label}
        value={typed ?? String(value)}
        onChange={(event: ChangeEvent<HTMLInputElement>) => setTyped(event.target.value)}
        onBlur={applyTyped}
        onKeyDown={onKeyDown}
      />
      <Button
        variant="quiet"
        aria-label={`Increase: ${label}`}
        disabled={value >= max}
        onClick={() => onChange(value + 1)}
      >
        <Icon name="plus" />
      </Button>
    </div>
  );
}

/** Focus a button instead of the field, which would open the keyboard on a phone. */
function focusLastButton(group: HTMLElement | null): void {
  const buttons = group?.querySelectorAll<HTMLElement>("button:not(:disabled)");
  if (buttons) [...buttons].at(-1)?.focus();
}
