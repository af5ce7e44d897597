import { describe, expect, it } from "vitest";
import { aProduct } from "@/testing/data";
import { EMPTY_DRAFT, findChanges, findDifferences, productSchema, toDraft } from "./productForm";

const base = aProduct();
const draft = toDraft(base);
const values = productSchema.parse(draft);

describe("changes to send", () => {
  it("are empty if nothing changed", () => {
    expect(findChanges(values, base)).toEqual({});
  });

  it.each(["\n  Holds tea.\n", "Holds\r\ntea.", "Holds\rtea."])(
    "leave out the description %j, which the form shows differently",
    (description) => {
      const saved = aProduct({ description });
      // A text area turns every line end into a single character.
      const shown = toDraft(saved).description.replaceAll(/\r\n?/g, "\n");
      const changed = productSchema.parse({ ...toDraft(saved), description: shown, price: "15" });
      expect(findChanges(changed, saved)).toEqual({ price: 15 });
    },
  );

  it("have only the changed fields", () => {
    const changed = productSchema.parse({
      ...draft,
      price: "15,5",
      categories: ["kitchen", "garden"],
    });
    expect(findChanges(changed, base)).toEqual({ price: 15.5, categories: ["kitchen", "garden"] });
  });
});

describe("product form", () => {
  it("requires a name and a price", () => {
    expect(invalidFields(EMPTY_DRAFT)).toEqual(["name", "price"]);
  });

  it.each(["1.234", "-1", "abc", "1000001"])("refuses the price %s", (price) => {
    expect(invalidFields({ ...draft, price })).toEqual(["price"]);
  });
});

describe("edit conflict", () => {
  const theirs = aProduct({ price: 20, description: "Holds coffee." });

  it("lists the fields that differ", () => {
    const mine = { ...values, price: 15 };
    expect(findDifferences(mine, base, theirs)).toEqual([
      {
        field: "description",
        label: "Description",
        mine: "Holds tea.",
        theirs: "Holds coffee.",
        isMine: false,
      },
      { field: "price", label: "Price", mine: "€15.00", theirs: "€20.00", isMine: true },
    ]);
  });

  it("leaves out fields that both users changed to the same value", () => {
    const mine = { ...values, price: 20, description: "Holds coffee." };
    expect(findDifferences(mine, base, theirs)).toEqual([]);
  });
});

function invalidFields(input: typeof EMPTY_DRAFT): PropertyKey[] {
  const issues = productSchema.safeParse(input).error?.issues ?? [];
  return [...new Set(issues.flatMap(({ path }) => path))];
}
