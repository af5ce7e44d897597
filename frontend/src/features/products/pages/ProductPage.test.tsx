import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { addLine, cartStore } from "@/features/cart/cartStore";
import { aProduct, BOWL_ID, MUG_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, productPage, recorded, server } from "@/testing/server";

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

  it("counts what is in the cart already", async () => {
    thereIs(aProduct({ quantity: 3 }));
    addLine(aProduct(), 2);
    const { user } = openShop(`/products/${MUG_ID}`);
    await user.click(await screen.findByRole("button", { name: "Add to cart" }));
    expect(cartStore.get().lines).toMatchObject([{ quantity: 3 }]);
    await user.keyboard("{Escape}");
    expect(
      await screen.findByRole("button", { name: "All that there are is in your cart" }),
    ).toBeDisabled();
    expect(screen.queryByRole("textbox", { name: "Quantity" })).toBeNull();
  });

  it("that can't be read says so, and tries again in its place", async () => {
    recorded(
      "get",
      "*/api/products/:id",
      () => problem(503, "unavailable", "The products are away."),
      json(aProduct(), { headers: { ETag: '"1.1"' } }),
    );
    const { user } = openShop(`/products/${MUG_ID}`);
    expect(await screen.findByText("The products are away.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("heading", { level: 1, name: "Mug" })).toBeVisible();
  });

  it("leads to its categories, and shows others of the first", async () => {
    thereIs(aProduct({ categories: ["kitchen", "gifts"] }));
    const bowl = aProduct({ id: BOWL_ID, name: "bowl" });
    const asked = recorded("get", "*/api/products", json(productPage([aProduct(), bowl])));
    openShop(`/products/${MUG_ID}`);
    const links = within(
      await screen.findByRole("navigation", { name: "Categories of this product" }),
    );
    expect(links.getAllByRole("link").map((each) => each.getAttribute("href"))).toEqual([
      "/products?category=kitchen",
      "/products?category=gifts",
    ]);
    const more = within(await screen.findByRole("region", { name: "More in kitchen" }));
    expect(more.getByRole("link", { name: "bowl" })).toBeVisible();
    expect(more.queryByRole("link", { name: "mug" })).toBeNull();
    expect(asked[0]?.query).toEqual({
      categoryName: "kitchen",
      sort: "newest",
      limit: "5",
      in_stock: "true",
    });
  });
});
