import { describe, expect, it } from "vitest";
import { aProduct, BOWL_ID, MUG_ID } from "@/testing/data";
import {
  addLine,
  CART_KEY,
  type Cart,
  cartKey,
  cartStore,
  completeOrder,
  removeLine,
  setQuantity,
} from "./cartStore";

const quantities = () => cartStore.get().lines.map((line) => [line.name, line.quantity]);
const stored = (): Cart => JSON.parse(localStorage.getItem(CART_KEY) ?? "null");

/** Write a cart as another tab does, which triggers a storage event in this one. */
function writeInAnotherTab(value: unknown): void {
  localStorage.setItem(CART_KEY, JSON.stringify(value));
  dispatchEvent(new StorageEvent("storage", { key: CART_KEY }));
}

describe("cart", () => {
  it("is stored for the next visit", () => {
    addLine(aProduct(), 2);
    expect(stored().lines).toMatchObject([{ id: MUG_ID, quantity: 2, price: 14.5 }]);
  });

  it("adds to an existing line up to the stock", () => {
    addLine(aProduct({ quantity: 3 }), 2);
    addLine(aProduct({ quantity: 3 }), 2);
    expect(quantities()).toEqual([["mug", 3]]);
  });

  it("restores a removed line at its position", () => {
    // Given
    addLine(aProduct(), 1);
    addLine(aProduct({ id: BOWL_ID, name: "bowl" }), 4);
    const undo = removeLine(MUG_ID);

    // Then
    expect(quantities()).toEqual([["bowl", 4]]);

    // When
    undo();

    // Then
    expect(quantities()).toEqual([
      ["mug", 1],
      ["bowl", 4],
    ]);
  });

  it("keeps items that were added while an order was placed", () => {
    addLine(aProduct(), 3);
    addLine(aProduct({ id: BOWL_ID, name: "bowl" }), 1);
    completeOrder(cartKey(), [{ id: MUG_ID, quantity: 2 }]);
    expect(quantities()).toEqual([
      ["mug", 1],
      ["bowl", 1],
    ]);
  });

  it("keeps its key until an order is placed", () => {
    // Given
    addLine(aProduct(), 1);
    const key = cartKey();

    // When
    removeLine(MUG_ID)();
    setQuantity(MUG_ID, 3);

    // Then
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    expect(cartKey()).toBe(key);

    // When
    completeOrder(key, [{ id: MUG_ID, quantity: 3 }]);

    // Then
    expect(cartKey()).not.toBe(key);
  });

  it("is not changed by an order that another tab has completed", () => {
    // Given
    addLine(aProduct(), 1);
    const key = cartKey();
    completeOrder(key, [{ id: MUG_ID, quantity: 1 }]);
    addLine(aProduct(), 1);

    // When
    completeOrder(key, [{ id: MUG_ID, quantity: 1 }]);

    // Then
    expect(quantities()).toEqual([["mug", 1]]);
  });
});

describe("change in another tab", () => {
  it("appears in this tab", () => {
    addLine(aProduct(), 1);
    const { lines } = stored();
    writeInAnotherTab({
      lines: [...lines, { ...lines[0], id: BOWL_ID, name: "bowl" }],
      key: null,
    });
    expect(quantities()).toEqual([
      ["mug", 1],
      ["bowl", 1],
    ]);
  });

  it("is not overwritten by a change in this tab", () => {
    addLine(aProduct(), 1);
    const { lines } = stored();
    const cart = { lines: [...lines, { ...lines[0], id: BOWL_ID, name: "bowl" }], key: null };
    localStorage.setItem(CART_KEY, JSON.stringify(cart));
    setQuantity(MUG_ID, 5);
    expect(quantities()).toEqual([
      ["mug", 5],
      ["bowl", 1],
    ]);
  });

  it("is ignored if it is not valid", () => {
    writeInAnotherTab({ lines: [{ id: 7, quantity: -1 }] });
    expect(quantities()).toEqual([]);
  });
});
