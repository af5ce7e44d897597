import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { QuantityStepper } from "./QuantityStepper";

function open({ value = 3, max = 2_000 } = {}) {
  const [onChange, onSubmit] = [vi.fn(), vi.fn((event) => event.preventDefault())];
  render(
    <form onSubmit={onSubmit}>
      <QuantityStepper label="Quantity" value={value} max={max} onChange={onChange} />
      <button type="submit">Add</button>
    </form>,
  );
  return { user: userEvent.setup(), onChange, onSubmit, field: screen.getByRole("textbox") };
}

describe("typed quantity", () => {
  it.each([
    ["12", 12],
    [" 12 ", 12],
    ["0", 1],
    ["99999999999999999999", 2_000],
  ])("%j is applied as %i", async (text, quantity) => {
    // Given
    const { user, onChange, field } = open();

    // When
    await user.clear(field);
    await user.type(field, text);
    await user.tab();

    // Then
    expect(onChange.mock.calls).toEqual([[quantity]]);
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it.each(["1,000", "1.000", "2.5", "1 000", "1e3", "-2", "٥", "two"])(
    "%j is refused and stays in the field",
    async (text) => {
      // Given
      const { user, onChange, onSubmit, field } = open();

      // When
      await user.clear(field);
      await user.type(field, text);
      await user.click(screen.getByRole("button", { name: "Add" }));

      // Then
      expect(screen.getByRole("alert")).toHaveTextContent(
        "Enter a whole number without separators, such as 1000.",
      );
      expect(field).toHaveValue(text);
      expect(field).toBeInvalid();
      expect(onChange).not.toHaveBeenCalled();
      expect(onSubmit).not.toHaveBeenCalled();
    },
  );

  it("can be corrected", async () => {
    // Given
    const { user, onChange, onSubmit, field } = open();
    await user.clear(field);
    await user.type(field, "2.5{Enter}");

    // When
    await user.clear(field);
    await user.type(field, "2{Enter}");

    // Then
    expect(onChange.mock.calls).toEqual([[2]]);
    expect(screen.queryByRole("alert")).toBeNull();
    expect(onSubmit).not.toHaveBeenCalled();
  });

  it("is discarded by the buttons", async () => {
    // Given
    const { user, onChange, field } = open();
    await user.clear(field);
    await user.type(field, "2.5");

    // When
    await user.click(screen.getByRole("button", { name: "Increase: Quantity" }));

    // Then
    expect(onChange.mock.calls).toEqual([[4]]);
    expect(field).toHaveValue("3");
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("changed quantity", () => {
  it.each([
    ["the button", "{Enter}", "Quantity: 4"],
    ["an arrow key", "{Shift>}{Tab}{/Shift}{ArrowDown}", "Quantity: 2"],
  ])("is announced after %s was used", async (_, keys, text) => {
    // Given
    const { user } = open();
    expect(screen.getByRole("status")).toBeEmptyDOMElement();

    // When
    screen.getByRole("button", { name: "Increase: Quantity" }).focus();
    await user.keyboard(keys);

    // Then
    expect(screen.getByRole("status")).toHaveTextContent(text);
  });
});
