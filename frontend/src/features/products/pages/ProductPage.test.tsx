import { screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { cartStore } from "@/features/cart/cartStore";
import { aProduct, MUG_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { problem, server } from "@/testing/server";

function thereIs(product = aProduct()) {
  server.use(
    http.get("*/api/products/:id", () =>
      HttpResponse.json(product, { headers: { ETag: '"1.1"' } }),
    ),
  );
}

describe("a product's page", () => {
  it("bounds the quantity by the stock", async () => {
    thereIs(aProduct({ quantity: 3 }));
    const { user } = openShop(`/products/${MUG_ID}`);
    expect(await screen.findByText("3 left")).toBeVisible();
    const field = screen.getByRole("textbox", { name: "Quantity" });
    await user.clear(field);
    await user.type(field, "99");
    await user.tab();
    expect(field).toHaveValue("3");
    expect(screen.getByRole("button", { name: "One more: Quantity" })).toBeDisabled();
    await user.click(screen.getByRole("button", { name: "Add to cart" }));
    expect(cartStore.get().lines).toMatchObject([{ id: MUG_ID, quantity: 3 }]);
    expect(await screen.findByRole("dialog", { name: "Your cart" })).toBeVisible();
  });

  it("that is sold out can't be bought", async () => {
    thereIs(aProduct({ quantity: 0 }));
    openShop(`/products/${MUG_ID}`);
    expect(await screen.findByRole("button", { name: "Sold out" })).toBeDisabled();
  });

  it("that is archived says so", async () => {
    thereIs(aProduct({ archived: true }));
    openShop(`/products/${MUG_ID}`);
    expect(await screen.findByText("No longer sold")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Add to cart" })).toBeNull();
  });

  it("that does not exist says so", async () => {
    server.use(http.get("*/api/products/:id", () => problem(404, "not-found", "No.")));
    openShop(`/products/${MUG_ID}`);
    expect(await screen.findByRole("heading", { name: "There is no such product" })).toBeVisible();
  });
});
