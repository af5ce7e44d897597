import { describe, expect, it } from "vitest";
import { anAdminProduct, MUG_ID } from "@/testing/data";
import { type BulkAction, planChange, undoOf } from "./bulk";

const mug = anAdminProduct({ price: 14.5, quantity: 10, categories: ["kitchen"] });
const details = { id: MUG_ID, etag: '"1.1"' };

describe("a planned change", () => {
  it.each<[BulkAction, object | null, string]>([
    [{ name: "price-set", value: 12 }, { ...details, price: 12 }, "€12.00"],
    [{ name: "price-set", value: 14.5 }, null, "€14.50"],
    [{ name: "price-increase", value: 0.1 }, { ...details, price: 14.6 }, "€14.60"],
    [{ name: "price-decrease", value: 14.5 }, { ...details, price: 0 }, "€0.00"],
    [{ name: "price-increase-percent", value: 10 }, { ...details, price: 15.95 }, "€15.95"],
    // 7.5% of 14.50 is 1.0875.
    [{ name: "price-decrease-percent", value: 7.5 }, { ...details, price: 13.41 }, "€13.41"],
    [
      { name: "category-add", category: "gifts" },
      { ...details, categories: ["kitchen", "gifts"] },
      "Kitchen, Gifts",
    ],
    [{ name: "category-add", category: "kitchen" }, null, "Kitchen"],
    [{ name: "category-remove", category: "kitchen" }, { ...details, categories: [] }, "None"],
    [{ name: "category-remove", category: "gifts" }, null, "Kitchen"],
    [{ name: "archive", value: 0 }, { ...details, archived: true }, "Archived"],
    [{ name: "restore", value: 0 }, null, "For sale"],
    [
      { name: "stock-set", value: 4 },
      { id: MUG_ID, quantity_delta: -6, expected_quantity: 10 },
      "4",
    ],
    [{ name: "stock-set", value: 10 }, null, "10"],
    [{ name: "stock-increase", value: 5 }, { id: MUG_ID, quantity_delta: 5 }, "15"],
    [{ name: "stock-decrease", value: 10 }, { id: MUG_ID, quantity_delta: -10 }, "0"],
  ])("of %o is %o", (action, change, after) => {
    expect(planChange(mug, action)).toMatchObject({ change, after });
  });

  it.each<[BulkAction, string]>([
    [{ name: "price-decrease", value: 14.51 }, "The price would be below zero."],
    [{ name: "price-decrease-percent", value: 101 }, "The price would be below zero."],
    [{ name: "price-increase", value: 1_000_000 }, "The price would be above €1,000,000.00."],
    [{ name: "stock-decrease", value: 11 }, "The stock would be below zero."],
    [{ name: "stock-increase", value: 1_000_000 }, "The stock would be above 1,000,000."],
  ])("of %o is impossible", (action, error) => {
    expect(planChange(mug, action)).toMatchObject({ change: null, error });
  });

  it("keeps the number of categories within the limit", () => {
    const categories = Array.from({ length: 20 }, (_, index) => `category ${index}`);
    const plan = planChange(anAdminProduct({ categories }), {
      name: "category-add",
      category: "gifts",
    });
    expect(plan).toMatchObject({ change: null, error: "A product has at most 20 categories." });
  });
});

describe("undo", () => {
  it("restores details on top of the new version and moves the stock back", () => {
    const after = anAdminProduct({ etag: '"2.2"', price: 12, quantity: 20 });
    const request = { ...details, price: 12, quantity_delta: 10 };
    expect(undoOf(request, { before: mug, after })).toEqual({
      id: MUG_ID,
      etag: '"2.2"',
      price: 14.5,
      quantity_delta: -10,
    });
  });

  it("does not depend on the stock of that time", () => {
    const request = { id: MUG_ID, quantity_delta: -6, expected_quantity: 10 };
    const after = anAdminProduct({ quantity: 4 });
    expect(undoOf(request, { before: mug, after })).toEqual({ id: MUG_ID, quantity_delta: 6 });
  });
});
