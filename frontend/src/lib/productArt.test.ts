import { describe, expect, it } from "vitest";
import { artworkOf, COMPOSITIONS, categoryHue } from "./productArt";

describe("generated picture", () => {
  it("is always the same for a product", () => {
    expect(artworkOf("a1", "kitchen")).toEqual(artworkOf("a1", "kitchen"));
  });

  it("uses the hue of its category", () => {
    expect(artworkOf("a1", "kitchen").hue).toBe(artworkOf("b2", "kitchen").hue);
    expect(categoryHue("kitchen")).not.toBe(categoryHue("electronics"));
  });

  it("uses every composition over many products", () => {
    const used = new Set(
      Array.from({ length: 100 }, (_, n) => artworkOf(`product ${n}`, "").composition),
    );
    expect(used.size).toBe(COMPOSITIONS);
  });
});
