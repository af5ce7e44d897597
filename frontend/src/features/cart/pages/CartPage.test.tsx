import { screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { aProduct } from "@/testing/data";
import { openShop } from "@/testing/render";
import { productPage, server } from "@/testing/server";
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
