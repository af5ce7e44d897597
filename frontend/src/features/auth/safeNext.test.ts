import { expect, it } from "vitest";
import { safeNext } from "./safeNext";

it.each([
  ["/checkout", "/checkout"],
  ["/products?q=mug&sort=price", "/products?q=mug&sort=price"],
  [null, "/"],
  ["https://elsewhere.test/", "/"],
  ["//elsewhere.test/", "/"],
  ["/\\elsewhere.test", "/"],
  ["javascript:alert(1)", "/"],
])("after signing in, %s leads to %s", (next, path) => {
  expect(safeNext(next)).toBe(path);
});
