import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { aProduct, BOWL_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, productPage, recorded, server } from "@/testing/server";

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

describe("the catalogue's address", () => {
  const bowl = aProduct({ id: BOWL_ID, name: "bowl" });
  const twoPages = () =>
    recorded(
      "get",
      "*/api/products",
      json({ ...productPage([aProduct()]), next_cursor: "c2", total: 2 }),
      json({ ...productPage([bowl]), total: 2 }),
    );

  it("holds how many pages are open", async () => {
    const asked = twoPages();
    const { user, router } = openShop("/products");
    expect(await screen.findByText("1 of 2 shown")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Show more" }));
    expect(await screen.findByRole("link", { name: "bowl" })).toBeVisible();
    expect(screen.getByRole("link", { name: "mug" })).toBeVisible();
    expect(router.state.location.search).toBe("?pages=2");
    expect(asked.map((each) => each.query.cursor)).toEqual([undefined, "c2"]);
  });

  it("opens as many pages again after a reload", async () => {
    twoPages();
    openShop("/products?pages=2");
    expect(await screen.findByRole("link", { name: "bowl" })).toBeVisible();
    expect(screen.getByRole("link", { name: "mug" })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  });

  it("holds category, price, stock and sort, and goes back to the first page with each", async () => {
    const asked = watchQueries();
    const { user, router } = openShop("/products?q=stone&pages=3");
    await user.click(await screen.findByRole("radio", { name: "Kitchen" }));
    expect(router.state.location.search).toBe("?q=stone&category=kitchen");
    await user.type(screen.getByLabelText("From"), "5");
    await user.type(screen.getByLabelText("To"), "9.99");
    await user.click(screen.getByRole("button", { name: /^Set/ }));
    await user.click(screen.getByRole("checkbox", { name: "Only what is in stock" }));
    await user.selectOptions(screen.getByLabelText("Sort"), "Price, low to high");
    const search = "?q=stone&category=kitchen&min=5&max=9.99&stock=in&sort=price";
    await waitFor(() => expect(router.state.location.search).toBe(search));
    await waitFor(() =>
      expect(Object.fromEntries(asked[0] ?? [])).toEqual({
        q: "stone",
        categoryName: "kitchen",
        min_price: "5",
        max_price: "9.99",
        in_stock: "true",
        sort: "price",
        limit: "24",
      }),
    );
    await router.navigate(-1);
    await waitFor(() => expect(screen.getByLabelText("Sort")).toHaveValue(""));
  });

  it("offers its filters again where the categories could not be read", async () => {
    watchQueries();
    recorded(
      "get",
      "*/api/categories",
      () => problem(503, "unavailable", "The categories are away."),
      json({ categories: [{ name: "garden" }] }),
    );
    const { user } = openShop("/products");
    const filters = within(await screen.findByRole("group", { name: "Category" }));
    await user.click(await filters.findByRole("button", { name: "Try again" }));
    expect(await filters.findByRole("radio", { name: "Garden" })).toBeInTheDocument();
  });
});

describe("a card", () => {
  it("marks what is nearly gone, and what is", async () => {
    const few = aProduct({ quantity: 4 });
    const none = aProduct({ id: BOWL_ID, name: "bowl", quantity: 0 });
    recorded("get", "*/api/products", json(productPage([few, none])));
    openShop("/products");
    expect(await screen.findByText("4 left")).toBeVisible();
    expect(screen.getByRole("button", { name: "Sold out" })).toBeDisabled();
  });

  it("turns its button into a stepper, down to nothing and back by Undo", async () => {
    watchQueries();
    const { user } = openShop("/products");
    await user.click(await screen.findByRole("button", { name: /^Add ?mug to the cart$/ }));
    const stepper = within(screen.getByRole("group", { name: "Quantity of mug" }));
    expect(stepper.getByRole("button", { name: /One more/ })).toHaveFocus();
    await user.click(stepper.getByRole("button", { name: /One more/ }));
    expect(stepper.getByRole("textbox")).toHaveValue("2");
    await user.click(stepper.getByRole("button", { name: /One less/ }));
    await user.click(stepper.getByRole("button", { name: /One less/ }));
    expect(screen.getByRole("button", { name: /^Add ?mug to the cart$/ })).toHaveFocus();
    await user.click(screen.getByRole("button", { name: "Undo" }));
    expect(screen.getByRole("group", { name: "Quantity of mug" })).toBeVisible();
  });
});

describe("an address that is none", () => {
  it("leads to a page that helps", async () => {
    openShop("/nowhere");
    expect(await screen.findByRole("heading", { name: "There is no such page" })).toBeVisible();
    expect(screen.getByRole("link", { name: "To the start" })).toBeVisible();
  });
});
