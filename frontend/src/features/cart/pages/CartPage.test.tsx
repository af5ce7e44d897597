import { screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { aProduct, BOWL_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { problem, productPage, server } from "@/testing/server";
import { addLine } from "../cartStore";

describe("cart page", () => {
  it("suggests products if the cart is empty", async () => {
    openShop("/cart");
    expect(await screen.findByRole("heading", { name: "Your cart is empty" })).toBeVisible();
    expect(await screen.findByRole("heading", { name: "New arrivals" })).toBeVisible();
  });

  it("adds up to the cent and restores a removed line", async () => {
    // Given
    addLine(aProduct({ price: 19.99 }), 3);
    server.use(
      http.get("*/api/products", () =>
        HttpResponse.json(productPage([aProduct({ price: 19.99 })])),
      ),
    );

    // When
    const { user } = openShop("/cart");

    // Then
    expect(await screen.findAllByText("€59.97")).toHaveLength(2);

    // When
    await user.click(screen.getByRole("button", { name: "Remove mug" }));

    // Then
    expect(screen.getByRole("heading", { name: "Your cart is empty" })).toBeVisible();

    // When
    await user.click(screen.getByRole("button", { name: "Undo" }));

    // Then
    expect(await screen.findAllByText("€59.97")).toHaveLength(2);
  });

  it("leaves sold-out items out of the subtotal", async () => {
    // Given
    const lamp = aProduct({ id: "d".repeat(24), name: "lamp", price: 149 });
    const bowl = aProduct({ id: BOWL_ID, name: "bowl", price: 5 });
    addLine(aProduct({ price: 20 }), 2);
    addLine(lamp, 1);
    addLine(bowl, 3);
    const now = [aProduct({ price: 20 }), { ...lamp, quantity: 0 }, { ...bowl, quantity: 1 }];
    server.use(http.get("*/api/products", () => HttpResponse.json(productPage(now))));

    // When
    openShop("/cart");

    // Then
    await screen.findByText("Sold out.");
    const subtotal = screen.getByText("Subtotal").closest("p");
    expect(subtotal).toHaveTextContent("Subtotal€45.00");
  });

  it("shows the current prices of more products than one request returns", async () => {
    // Given
    const products = Array.from({ length: 101 }, (_, index) =>
      aProduct({ id: index.toString(16).padStart(24, "0"), name: `mug ${index}` }),
    );
    for (const product of products) addLine(product, 1);
    const requests: string[][] = [];
    server.use(
      http.get("*/api/products", ({ request }) => {
        const ids = new URL(request.url).searchParams.get("ids")?.split(",");
        // Other requests fill the shelves of the page.
        if (!ids) return HttpResponse.json(productPage([]));
        requests.push(ids);
        if (ids.length > 100) return problem(422, "invalid-request", "ids: at most 100 ids");
        const found = products.filter(({ id }) => ids.includes(id));
        return HttpResponse.json(productPage(found.map((product) => ({ ...product, price: 2 }))));
      }),
    );

    // When
    openShop("/cart");

    // Then
    expect(await screen.findAllByText("€202.00")).not.toHaveLength(0);
    expect(requests.map((ids) => ids.length).toSorted()).toEqual([1, 100]);
  });

  it("blocks checkout until a short line is updated", async () => {
    // Given
    addLine(aProduct(), 4);
    server.use(
      http.get("*/api/products", () => HttpResponse.json(productPage([aProduct({ quantity: 3 })]))),
    );

    // When
    const { user } = openShop("/cart");

    // Then
    expect(await screen.findByText("Only 3 left.")).toBeVisible();
    expect(screen.getByRole("button", { name: "Check out" })).toBeDisabled();

    // When
    await user.click(screen.getByRole("button", { name: "Change to 3" }));

    // Then
    expect(await screen.findByRole("link", { name: "Check out" })).toBeVisible();
  });
});
