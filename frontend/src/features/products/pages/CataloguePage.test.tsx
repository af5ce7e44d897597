import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { aProduct } from "@/testing/data";
import { openShop } from "@/testing/render";
import { problem, productPage, server } from "@/testing/server";

/** Tells what the catalogue's list was asked for, last first. */
function watchQueries(): URLSearchParams[] {
  const asked: URLSearchParams[] = [];
  server.use(
    http.get("*/api/products", ({ request }) => {
      asked.unshift(new URL(request.url).searchParams);
      return HttpResponse.json(productPage([aProduct()]));
    }),
  );
  return asked;
}

describe("the catalogue", () => {
  it("asks for what the address says", async () => {
    const asked = watchQueries();
    openShop("/products?q=mug&category=kitchen&max=20&stock=in&sort=price");
    expect(await screen.findByRole("heading", { name: "Results for “mug”" })).toBeVisible();
    expect(await screen.findByText("1 product")).toBeVisible();
    expect(Object.fromEntries(asked[0] ?? [])).toEqual({
      q: "mug",
      categoryName: "kitchen",
      max_price: "20",
      in_stock: "true",
      sort: "price",
      limit: "24",
    });
  });

  it("searches as one types, and writes it into the address", async () => {
    const asked = watchQueries();
    const { user, router } = openShop("/products?category=kitchen");
    await user.type(await screen.findByRole("combobox", { name: "Search products" }), "bowl");
    await waitFor(() => expect(router.state.location.search).toBe("?category=kitchen&q=bowl"));
    await waitFor(() => expect(asked[0]?.get("q")).toBe("bowl"));
  });

  it("takes a filter away by its chip", async () => {
    watchQueries();
    const { user, router } = openShop("/products?category=kitchen&min=5");
    const chips = await screen.findByRole("list", { name: "Active filters" });
    await user.click(within(chips).getByRole("button", { name: /^kitchen/ }));
    expect(router.state.location.search).toBe("?min=5");
  });

  it("says what to do when nothing fits", async () => {
    server.use(http.get("*/api/products", () => HttpResponse.json(productPage([]))));
    const { user, router } = openShop("/products?q=zzz");
    await user.click(await screen.findByRole("button", { name: "Show all products" }));
    expect(router.state.location.search).toBe("");
  });

  it("offers to try again where it failed", async () => {
    server.use(
      http.get("*/api/products", () => problem(503, "unavailable", "A part of the shop is away."), {
        once: true,
      }),
    );
    const { user } = openShop("/products");
    expect(await screen.findByText("A part of the shop is away.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("link", { name: "mug" })).toBeVisible();
  });

  it("refuses a price range that is none, beside the field", async () => {
    watchQueries();
    const { user } = openShop("/products");
    await user.type(await screen.findByLabelText("From"), "9");
    await user.type(screen.getByLabelText("To"), "5{Enter}");
    expect(screen.getByText("The first price is above the second.")).toBeVisible();
  });
});

describe("an address that is none", () => {
  it("leads to a page that helps", async () => {
    openShop("/nowhere");
    expect(await screen.findByRole("heading", { name: "There is no such page" })).toBeVisible();
    expect(screen.getByRole("link", { name: "To the start" })).toBeVisible();
  });
});
