import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { addLine } from "@/features/cart/cartStore";
import { startSession } from "@/lib/session";
import { aProduct, aToken, BOWL_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { gate, json, problem, productPage, recordRequests } from "@/testing/server";

const bowl = aProduct({ id: BOWL_ID, name: "bowl" });
const serve = (...products: ReturnType<typeof aProduct>[]) =>
  recordRequests("get", "*/api/products", json(productPage(products)));

async function openCart() {
  serve(aProduct(), bowl);
  addLine(aProduct(), 1);
  addLine(bowl, 1);
  const { user } = openShop("/cart");
  const main = within(await screen.findByRole("main"));
  await main.findByText("Prices and stock are up to date.");
  return { user, main };
}

describe("focus after removing a cart line", () => {
  it("moves to the next line", async () => {
    const { user, main } = await openCart();
    await user.click(main.getByRole("button", { name: "Remove mug" }));
    await waitFor(() => expect(main.getByRole("link", { name: "bowl" })).toHaveFocus());
  });

  it("moves to the previous line after the last one", async () => {
    const { user, main } = await openCart();
    await user.click(main.getByRole("button", { name: "Remove bowl" }));
    await waitFor(() => expect(main.getByRole("button", { name: "Remove mug" })).toHaveFocus());
  });

  it("stays on the page when the cart is empty", async () => {
    // Given
    const { user, main } = await openCart();
    await user.click(main.getByRole("button", { name: "Remove bowl" }));

    // When
    await user.click(main.getByRole("button", { name: "Remove mug" }));

    // Then
    await waitFor(() =>
      expect(main.getByRole("link", { name: "Shop all products" })).toHaveFocus(),
    );
  });

  it("stays in the drawer when the cart is empty", async () => {
    // Given
    serve(aProduct());
    addLine(aProduct(), 1);
    const { user } = openShop("/sign-in");
    await user.click(await screen.findByRole("button", { name: /^Cart/ }));
    const drawer = within(await screen.findByRole("dialog", { name: "Your cart" }));

    // When
    await user.click(await drawer.findByRole("button", { name: "Remove mug" }));

    // Then
    await waitFor(() =>
      expect(drawer.getByRole("link", { name: "Shop all products" })).toHaveFocus(),
    );
  });

  it("returns to the page when a toast disappears", async () => {
    // Given
    const { user, main } = await openCart();
    await user.click(main.getByRole("button", { name: "Remove mug" }));

    // When
    await user.click(screen.getByRole("button", { name: "Undo" }));

    // Then
    await waitFor(() => expect(main.getByRole("link", { name: "bowl" })).toHaveFocus());
  });
});

describe("focus in the catalogue", () => {
  it("moves to the next chip when a filter is removed, and then to the products", async () => {
    // Given
    serve(aProduct());
    const { user } = openShop("/products?category=kitchen&min=5");
    const chips = within(await screen.findByRole("list", { name: "Active filters" }));
    await screen.findByRole("link", { name: "mug" });

    // When
    await user.click(chips.getByRole("button", { name: /^Kitchen/ }));

    // Then
    const price = chips.getByRole("button", { name: /^From/ });
    await waitFor(() => expect(price).toHaveFocus());

    // When
    await user.click(price);

    // Then
    await waitFor(() => expect(screen.getByRole("main")).toContainElement(focused()));
  });

  it("stays on the price after it is set", async () => {
    // Given
    serve(aProduct());
    const { user } = openShop("/products");
    await user.type(await screen.findByLabelText("To"), "9,99");

    // When
    await user.click(screen.getByRole("button", { name: /^Apply/ }));

    // Then
    await waitFor(() => expect(location.search).toBe("?max=9.99"));
    await screen.findByRole("list", { name: "Active filters" });
    expect(screen.getByRole("button", { name: /^Apply/ })).toHaveFocus();
  });

  it("moves to the first product after a failed list was loaded again", async () => {
    // Given
    const failed = () => problem(503, "unavailable", "Products are unavailable.");
    recordRequests("get", "*/api/products", failed, json(productPage([aProduct()])));
    const { user } = openShop("/products");

    // When
    await user.click(await screen.findByRole("button", { name: "Try again" }));

    // Then
    await screen.findByRole("link", { name: "mug" });
    await waitFor(() => expect(screen.getByRole("main")).toContainElement(focused()));
  });
});

describe("button that is disabled while its request runs", () => {
  it("gets the focus back", async () => {
    // Given
    serve(aProduct());
    addLine(aProduct(), 1);
    startSession(aToken());
    const response = gate();
    recordRequests("post", "*/api/orders", async () => {
      await response.opened;
      return problem(503, "unavailable", "Orders are unavailable.");
    });
    const { user } = openShop("/checkout");
    const button = await screen.findByRole("button", { name: "Order with obligation to pay" });
    await waitFor(() => expect(button).toBeEnabled());
    await user.click(button);
    expect(button).toBeDisabled();

    // When: browsers take the focus from a disabled button.
    act(() => button.blur());
    response.open();

    // Then
    await waitFor(() => expect(button).toHaveFocus());
  });
});

function focused(): HTMLElement {
  const element = document.activeElement;
  if (!(element instanceof HTMLElement) || element === document.body) {
    throw new Error("Nothing has the focus.");
  }
  return element;
}
