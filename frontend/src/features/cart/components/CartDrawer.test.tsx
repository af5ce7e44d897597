import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { aProduct, BOWL_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, productPage, recorded } from "@/testing/server";
import { addLine, CART_KEY, type Cart, cartStore } from "../cartStore";

const bowl = aProduct({ id: BOWL_ID, name: "bowl", price: 0.1 });
const quantities = () => cartStore.get().lines.map((line) => [line.name, line.quantity]);

async function openDrawer() {
  const { user, router } = openShop("/sign-in");
  await user.click(await screen.findByRole("button", { name: /^Cart/ }));
  return { user, router, drawer: within(await screen.findByRole("dialog", { name: "Your cart" })) };
}

beforeEach(() => {
  recorded("get", "*/api/products", json(productPage([aProduct(), bowl])));
});

describe("the cart's drawer", () => {
  it("teaches where there is nothing in it", async () => {
    const { user, drawer, router } = await openDrawer();
    expect(drawer.getByRole("heading", { name: "Nothing in it yet" })).toBeVisible();
    await user.click(drawer.getByRole("link", { name: "Look around" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/products"));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("asks for today's prices on opening, and sums them to the cent", async () => {
    addLine(aProduct(), 2);
    addLine(bowl, 3);
    const asked = recorded(
      "get",
      "*/api/products",
      json(productPage([aProduct({ price: 15 }), bowl])),
    );
    const { user, drawer } = await openDrawer();
    expect(await drawer.findByText("The price is €15.00 now; it was €14.50.")).toBeVisible();
    expect(drawer.getByText("Subtotal").parentElement).toHaveTextContent("€30.30");
    expect(asked.map((each) => each.query)).toEqual([
      { ids: `${aProduct().id},${BOWL_ID}`, limit: "100" },
    ]);
    await user.click(drawer.getByRole("button", { name: "All right" }));
    expect(drawer.queryByText(/The price is/)).toBeNull();
    expect(drawer.getByRole("link", { name: "Check out" })).toHaveAttribute("href", "/checkout");
  });

  it("says where prices and stock could not be checked, and tries again", async () => {
    addLine(aProduct(), 1);
    recorded(
      "get",
      "*/api/products",
      () => problem(503, "unavailable", "The products are away."),
      json(productPage([aProduct({ quantity: 0 })])),
    );
    const { user, drawer } = await openDrawer();
    expect(await drawer.findByText("Prices and stock could not be checked")).toBeVisible();
    expect(drawer.getByText("mug")).toBeVisible();
    await user.click(drawer.getByRole("button", { name: "Try again" }));
    expect(await drawer.findByText("Sold out since you added it.")).toBeVisible();
    expect(drawer.queryByText("Prices and stock could not be checked")).toBeNull();
    expect(drawer.getByRole("button", { name: "Check out" })).toBeDisabled();
  });

  it("closes by Escape, and the focus returns where it came from", async () => {
    const { user } = await openDrawer();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(screen.getByRole("button", { name: /^Cart/ })).toHaveFocus();
  });

  it("follows what another tab does to the cart", async () => {
    addLine(aProduct(), 1);
    const { drawer } = await openDrawer();
    const cart: Cart = JSON.parse(localStorage.getItem(CART_KEY) ?? "null");
    const [mug] = cart.lines;
    const lines = [
      { ...mug, quantity: 4 },
      { ...mug, id: BOWL_ID, name: "bowl", price: 0.1 },
    ];
    localStorage.setItem(CART_KEY, JSON.stringify({ lines, attempt: null }));
    act(() => {
      dispatchEvent(new StorageEvent("storage", { key: CART_KEY }));
    });
    expect(drawer.getByRole("textbox", { name: "Quantity of mug" })).toHaveValue("4");
    expect(drawer.getByText("bowl")).toBeVisible();
    expect(screen.getByRole("button", { name: /^Cart/, hidden: true })).toHaveTextContent("5");
    expect(drawer.getByText("Subtotal").parentElement).toHaveTextContent("€58.10");
  });
});

describe("a line that was removed", () => {
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

  it("can be had back for 8 seconds", async () => {
    const { drawer } = await remove();
    act(() => void vi.advanceTimersByTime(7_900));
    expect(drawer.getByRole("button", { name: "Undo" })).toBeVisible();
    act(() => void vi.advanceTimersByTime(100));
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
    expect(quantities()).toEqual([["bowl", 1]]);
  });

  it("comes back where it was", async () => {
    const { user, drawer } = await remove();
    await user.click(drawer.getByRole("button", { name: "Undo" }));
    expect(quantities()).toEqual([
      ["mug", 2],
      ["bowl", 1],
    ]);
    expect(drawer.queryByRole("button", { name: "Undo" })).toBeNull();
  });

  it("can be had back by keyboard, as its Undo lies within the drawer", async () => {
    const { drawer } = await remove();
    const undo = drawer.getByRole("button", { name: "Undo" });
    act(() => undo.focus());
    expect(undo).toHaveFocus();
  });

  it("can still be had back when the drawer is closed", async () => {
    const { user } = await remove();
    await user.keyboard("{Escape}");
    act(() => void vi.advanceTimersByTime(1_000));
    expect(screen.queryByRole("dialog")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Undo" }));
    expect(quantities()).toHaveLength(2);
  });
});
