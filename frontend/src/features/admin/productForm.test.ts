import { describe, expect, it } from "vitest";
import { aProduct } from "@/testing/data";
import { changesOf, differencesOf, draftOf, EMPTY_DRAFT, whatIsWrong } from "./productForm";

const base = aProduct();
const draft = draftOf(base);

describe("what is sent", () => {
  it("is nothing where nothing was touched", () => {
    expect(changesOf(draft, base)).toEqual({});
  });

  it("is only what was touched", () => {
    const changed = { ...draft, price: "15,5", categories: ["kitchen", "garden"] };
    expect(changesOf(changed, base)).toEqual({ price: 15.5, categories: ["kitchen", "garden"] });
  });
});

describe("a draft", () => {
  it("without a name or a price is not sent", () => {
    expect(Object.keys(whatIsWrong(EMPTY_DRAFT))).toEqual(["name", "price"]);
  });

  it.each(["1.234", "-1", "abc", "1000001"])("with the price %s is not sent", (price) => {
    expect(whatIsWrong({ ...draft, price })).toHaveProperty("price");
  });
});

describe("a conflict", () => {
  const theirs = aProduct({ price: 20, description: "Holds coffee." });

  it("shows field by field what differs", () => {
    const mine = { ...draft, price: "15.00" };
    expect(differencesOf(mine, base, theirs)).toEqual([
      { field: "description", label: "Description", mine: "Holds tea.", theirs: "Holds coffee." },
      { field: "price", label: "Price", mine: "€15.00", theirs: "€20.00" },
    ]);
  });

  it("leaves out what both made the same", () => {
    const mine = { ...draft, price: "20.00", description: "Holds coffee." };
    expect(differencesOf(mine, base, theirs)).toEqual([]);
  });
});
