import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { aProduct, BOWL_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, productPage, recordRequests } from "@/testing/server";
import { addLine, CART_KEY, type Cart, cartStore } from "../cartStore";

const bowl = aProduct({ id: BOWL_ID, name: "bowl", price: 0.1 });
const quantities = () => cartStore.get().lines.map((line) => [line.name, line.quantity]);

async function openDrawer() {
  const { user } = openShop("/sign-in");
  await user.click(await screen.findByRole("button", { name: /^Cart/ }));
  return { user, drawer: within(await screen.findByRole("dialog", { name: "Your cart" })) };
}

beforeEach(() => {
  recordRequests("get", "*/api/products", json(productPage([aProduct(), bowl])));
});

describe("cart drawer", () => {
  it("explains what to do if the cart is empty", async () => {
    // When
    const { user, drawer } = await openDrawer();

    // Then
    expect(drawer.getByRole("heading", { name: "Your cart is empty" })).toBeVisible();

    // When
    await user.click(drawer.getByRole("link", { name: "Shop all products" }));

    // Then
    await waitFor(() => expect(location.pathname).toBe("/products"));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("fetches current prices when it opens and adds up to the cent", async () => {
    // Given
    addLine(aProduct(), 2);
    addLine(bowl, 3);
    const requests = recordRequests(
      "get",
      "*/api/products",
      json(productPage([aProduct({ price: 15 }), bowl])),
    );

    // When
    const { user, drawer } = await openDrawer();

    // Then
    expect(await drawer.findByText("Price changed from €14.50 to €15.00.")).toBeVisible();
    expect(drawer.getByText("Subtotal").parentElement).toHaveTextContent("€30.30");
    expect(requests.map((request) => request.query)).toEqual([
      { ids: `${aProduct().id},${BOWL_ID}`, limit: "100" },
    ]);

    // When
    await user.click(drawer.getByRole("button", { name: "Accept new price" }));

    // Then
    expect(drawer.queryByText(/Price changed/)).toBeNull();
    expect(drawer.getByRole("link", { name: "Check out" })).toHaveAttribute("href", "/checkout");
  });

  it("warns if prices and stock cannot be checked and can be retried", async () => {
    // Given
    addLine(aProduct(), 1);
    recordRequests(
      "get",
      "*/api/products",
      () => problem(503, "unavailable", "Products are unavailable."),
      json(productPage([aProduct({ quantity: 0 })])),
    );

    // When
    const { user, drawer } = await openDrawer();

    // Then
    expect(await drawer.findByText("We couldn't check prices and stock")).toBeVisible();
    expect(drawer.getByText("mug")).toBeVisible();

    // When
    await user.click(drawer.getByRole("button", { name: "Try again" }));

    // Then
    expect(await drawer.findByText("Sold out.")).toBeVisible();
    expect(drawer.queryByText("We couldn't check prices and stock")).toBeNull();
    expect(drawer.getByRole("button", { name: "Check out" })).toBeDisabled();
  });

  it("closes on Escape and returns the focus", async () => {
    // Given
    const { user } = await openDrawer();

    // When
    await user.keyboard("{Escape}");

    // Then
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(screen.getByRole("button", { name: /^Cart/ })).toHaveFocus();
  });

  it("shows changes from another tab", async () => {
    // Given
    addLine(aProduct(), 1);
    const { drawer } = await openDrawer();
    const cart: Cart = JSON.parse(localStorage.getItem(CART_KEY) ?? "null");
    const [mug] = cart.lines;
    const lines = [
      { ...mug, quantity: 4 },
      { ...mug, id: BOWL_ID, name: "bowl", price: 0.1 },
    ];
    localStorage.setItem(CART_KEY, JSON.stringify({ lines, key: null }));

    // When
    act(() => {
      dispatchEvent(new StorageEvent("storage", { key: CART_KEY }));
    });

    // Then
    expect(drawer.getByRole("textbox", { name: "Quantity of mug" })).toHaveValue("4");
    expect(drawer.getByText("bowl")).toBeVisible();
    expect(screen.getByRole("button", { name: /^Cart/, hidden: true })).toHaveTextContent("5");
    expect(drawer.getByText("Subtotal").parentElement).toHaveTextContent("€58.10");
  });
});

describe("removed line", () => {
  async function remove() {
    addLine(aProduct(), 2);
    addLine(bowl, 1);
    const { drawer } = await openDrawer();
    await drawer.findByText("€29.10");
    vi.useFakeTimers();
    const user = userEvent.setup({ advanceTimers: (by) => vi.advanceTimersByTime(by) });
    await user.click(drawer.getByRole("button", { name: "Remove mug" }));
    expect(quantities()).toEqual([["bowl", 1]]);
    return { user, drawer };
  }

  it("can be restored for 8 seconds", async () => {
    // Given
    const { drawer } = await remove();

    // When
    act(() => void vi.advanceTimersByTime(7_900));

    // Then
    expect(drawer.getByRole("button", { name: "Undo" })).toBeVisible();

    // When
    act(() => void vi.advanceTimersByTime(100));

    // Then
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
    expect(quantities()).toEqual([["bowl", 1]]);
  });

  it("returns to its position", async () => {
    // Given
    const { user, drawer } = await remove();

    // When
    await user.click(drawer.getByRole("button", { name: "Undo" }));

    // Then
    expect(quantities()).toEqual([
      ["mug", 2],
      ["bowl", 1],
    ]);
    expect(drawer.queryByRole("button", { name: "Undo" })).toBeNull();
  });

  it("can be restored with the keyboard inside the drawer", async () => {
    // Given
    const { drawer } = await remove();
    const undo = drawer.getByRole("button", { name: "Undo" });

    // When
    act(() => undo.focus());

    // Then
    expect(undo).toHaveFocus();
  });

  it("can be restored after the drawer is closed", async () => {
    // Given
    const { user } = await remove();

    // When
    await user.keyboard("{Escape}");
    act(() => void vi.advanceTimersByTime(1_000));

    // Then
    expect(screen.queryByRole("dialog")).toBeNull();

    // When
    await user.click(screen.getByRole("button", { name: "Undo" }));

    // Then
    expect(quantities()).toHaveLength(2);
  });
});
