import { describe, expect, it } from "vitest";
import { formatCents, sumCents, toCents } from "./money";

describe("money", () => {
  it("adds up to the cent despite floating point", () => {
    const lines = [
      { price: 0.1, quantity: 1 },
      { price: 0.2, quantity: 1 },
      { price: 19.99, quantity: 3 },
    ];
    expect(sumCents(lines)).toBe(6027);
  });

  it.each([
    [8.2, 820],
    [1.15, 115],
    [1_000_000, 100_000_000],
  ])("%f is %i cents", (amount, cents) => {
    expect(toCents(amount)).toBe(cents);
  });

  it("is formatted in the shop's currency", () => {
    expect(formatCents(123_456)).toBe("€1,234.56");
  });
});
