import { expect, it } from "vitest";
import { stockStatus } from "./stock";

it.each([
  [0, "Sold out", "danger"],
  [3, "3 left", "warn"],
  [4, "4 left", "warn"],
  [5, "In stock", "ok"],
])("%i of a product: %s", (quantity, text, tone) => {
  expect(stockStatus(quantity)).toEqual({ text, tone });
});
