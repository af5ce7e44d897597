import { describe, expect, it } from "vitest";
import { aProduct } from "@/testing/data";
import { lineOf } from "./cartStore";
import { freshen } from "./useFreshLines";

const line = lineOf(aProduct(), 4);

describe("a line beside what is true now", () => {
  it("says nothing while that is not known", () => {
    expect(freshen(line, undefined, false)).toMatchObject({ change: null, available: null });
  });

  it("says nothing where nothing changed", () => {
    expect(freshen(line, aProduct(), true)).toMatchObject({ change: null, available: 10 });
  });

  it.each([
    ["is no longer sold", undefined, "No longer sold.", true],
    ["is archived", aProduct({ archived: true }), "No longer sold.", true],
    ["is sold out", aProduct({ quantity: 0 }), "Sold out since you added it.", true],
    ["is short", aProduct({ quantity: 3 }), "Only 3 left.", true],
    ["costs more", aProduct({ price: 15 }), "The price is €15.00 now; it was €14.50.", false],
  ])("warns when the product %s", (_, product, text, isBlocking) => {
    expect(freshen(line, product, true).change).toEqual({ text, isBlocking });
  });

  it("counts with today's price", () => {
    expect(freshen(line, aProduct({ price: 15 }), true).price).toBe(15);
  });
});
