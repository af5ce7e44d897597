import { describe, expect, it } from "vitest";
import { artOf, COMPOSITIONS, categoryHue } from "./productArt";

describe("a drawn picture", () => {
  it("is always the same for a product", () => {
    expect(artOf("a1", "kitchen")).toEqual(artOf("a1", "kitchen"));
  });

  it("keeps to its category's hue", () => {
    expect(artOf("a1", "kitchen").hue).toBe(artOf("b2", "kitchen").hue);
    expect(categoryHue("kitchen")).not.toBe(categoryHue("electronics"));
  });

  it("uses every composition over many products", () => {
    const used = new Set(
      Array.from({ length: 100 }, (_, n) => artOf(`product ${n}`, "").composition),
    );
    expect(used.size).toBe(COMPOSITIONS);
  });
});
