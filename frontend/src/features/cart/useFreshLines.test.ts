import { describe, expect, it } from "vitest";
import { aProduct } from "@/testing/data";
import { lineOf } from "./cartStore";
import { freshen } from "./useFreshLines";

const line = lineOf(aProduct(), 4);

describe("fresh line", () => {
  it("has no change while the product is unknown", () => {
    expect(freshen(line, undefined, false)).toMatchObject({ change: null, available: null });
  });

  it("has no change if nothing changed", () => {
    expect(freshen(line, aProduct(), true)).toMatchObject({ change: null, available: 10 });
  });

  it.each([
    ["is no longer sold", undefined, "No longer available.", true],
    ["is archived", aProduct({ archived: true }), "No longer available.", true],
    ["is sold out", aProduct({ quantity: 0 }), "Sold out.", true],
    ["is short", aProduct({ quantity: 3 }), "Only 3 left.", true],
    ["costs more", aProduct({ price: 15 }), "Price changed from €14.50 to €15.00.", false],
  ])("has a warning if the product %s", (_, product, text, isBlocking) => {
    expect(freshen(line, product, true).change).toEqual({ text, isBlocking });
  });

  it("uses the current price", () => {
    expect(freshen(line, aProduct({ price: 15 }), true).price).toBe(15);
  });
});
