import { render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { describe, expect, it } from "vitest";
import { StockBars } from "./StockBars";

describe("stock bars", () => {
  it("are full at the limit of low stock, not at the highest stock shown", () => {
    // When
    const stock = [0, 1, 4].map((quantity) => ({
      id: `id-${quantity}`,
      name: `item ${quantity}`,
      quantity,
    }));
    render(<StockBars products={stock} />, { wrapper: MemoryRouter });

    // Then
    const widths = screen
      .getAllByRole("listitem")
      .map((item) => item.querySelector<HTMLElement>(".bar > span")?.style.width);
    expect(widths).toEqual(["0%", "25%", "100%"]);
  });

  it("show one item as almost empty even if it is the highest stock", () => {
    render(<StockBars products={[{ id: "1", name: "item", quantity: 1 }]} />, {
      wrapper: MemoryRouter,
    });
    const bar = screen.getByRole("listitem").querySelector<HTMLElement>(".bar > span");
    expect(bar?.style.width).toBe("25%");
  });
});
