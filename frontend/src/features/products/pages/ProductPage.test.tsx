import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { addLine, cartStore } from "@/features/cart/cartStore";
import { aProduct, BOWL_ID, MUG_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, productPage, recordRequests, server } from "@/testing/server";

function serveProduct(product = aProduct()) {
  server.use(
    http.get("*/api/products/:id", () =>
      HttpResponse.json(product, { headers: { ETag: '"1.1"' } }),
    ),
  );
}

describe("product page", () => {
  it("limits the quantity to the stock", async () => {
    // Given
    serveProduct(aProduct({ quantity: 3 }));

    // When
    const { user } = openShop(`/products/${MUG_ID}`);

    // Then
    expect(await screen.findByText("3 left")).toBeVisible();

    // When
    const field = screen.getByRole("textbox", { name: "Quantity" });
    await user.clear(field);
    await user.type(field, "99");
    await user.tab();

    // Then
    expect(field).toHaveValue("3");
    expect(screen.getByRole("button", { name: "Increase: Quantity" })).toBeDisabled();

    // When
    await user.click(screen.getByRole("button", { name: "Add to cart" }));

    // Then
    expect(cartStore.get().lines).toMatchObject([{ id: MUG_ID, quantity: 3 }]);
    expect(await screen.findByRole("dialog", { name: "Your cart" })).toBeVisible();
  });

  it("disables buying if the product is sold out", async () => {
    serveProduct(aProduct({ quantity: 0 }));
    openShop(`/products/${MUG_ID}`);
    expect(await screen.findByRole("button", { name: "Sold out" })).toBeDisabled();
  });

  it("explains that an archived product is not available", async () => {
    // Given
    serveProduct(aProduct({ archived: true }));

    // When
    openShop(`/products/${MUG_ID}`);

    // Then
    expect(await screen.findByText("No longer available")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Add to cart" })).toBeNull();
  });

  it("shows 'not found' for an unknown product", async () => {
    server.use(http.get("*/api/products/:id", () => problem(404, "not-found", "No.")));
    openShop(`/products/${MUG_ID}`);
    expect(await screen.findByRole("heading", { name: "Product not found" })).toBeVisible();
  });

  it("counts items that are already in the cart", async () => {
    // Given
    serveProduct(aProduct({ quantity: 3 }));
    addLine(aProduct(), 2);
    const { user } = openShop(`/products/${MUG_ID}`);

    // When
    await user.click(await screen.findByRole("button", { name: "Add to cart" }));

    // Then
    expect(cartStore.get().lines).toMatchObject([{ quantity: 3 }]);

    // When
    await user.keyboard("{Escape}");

    // Then
    expect(
      await screen.findByRole("button", { name: "All available items are in your cart" }),
    ).toBeDisabled();
    expect(screen.queryByRole("textbox", { name: "Quantity" })).toBeNull();
  });

  it("shows an error and can be retried", async () => {
    // Given
    recordRequests(
      "get",
      "*/api/products/:id",
      () => problem(503, "unavailable", "Products are unavailable."),
      json(aProduct(), { headers: { ETag: '"1.1"' } }),
    );

    // When
    const { user } = openShop(`/products/${MUG_ID}`);

    // Then
    expect(await screen.findByText("Products are unavailable.")).toBeVisible();

    // When
    await user.click(screen.getByRole("button", { name: "Try again" }));

    // Then
    expect(await screen.findByRole("heading", { level: 1, name: "Mug" })).toBeVisible();
  });

  it("links its categories and shows other products of the first one", async () => {
    // Given
    serveProduct(aProduct({ categories: ["kitchen", "gifts"] }));
    const bowl = aProduct({ id: BOWL_ID, name: "bowl" });
    const requests = recordRequests("get", "*/api/products", json(productPage([aProduct(), bowl])));

    // When
    openShop(`/products/${MUG_ID}`);

    // Then
    const links = within(await screen.findByRole("navigation", { name: "Product categories" }));
    expect(links.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual([
      "/products?category=kitchen",
      "/products?category=gifts",
    ]);
    const more = within(await screen.findByRole("region", { name: "More in kitchen" }));
    expect(more.getByRole("link", { name: "bowl" })).toBeVisible();
    expect(more.queryByRole("link", { name: "mug" })).toBeNull();
    expect(requests[0]?.query).toEqual({
      categoryName: "kitchen",
      sort: "newest",
      limit: "5",
      in_stock: "true",
    });
  });
});
