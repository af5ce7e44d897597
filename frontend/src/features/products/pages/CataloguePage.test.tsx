import { act, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { aCategory, aProduct, BOWL_ID } from "@/testing/data";
import { go, openShop } from "@/testing/render";
import { json, problem, productPage, recordRequests, server } from "@/testing/server";

/** Record the queries for products, the latest first. */
function recordQueries(): URLSearchParams[] {
  const queries: URLSearchParams[] = [];
  server.use(
    http.get("*/api/products", ({ request }) => {
      queries.unshift(new URL(request.url).searchParams);
      return HttpResponse.json(productPage([aProduct()]));
    }),
  );
  return queries;
}

describe("catalogue", () => {
  it("requests what the URL says", async () => {
    // Given
    const requests = recordQueries();

    // When
    openShop("/products?q=mug&category=kitchen&max=20&stock=in&sort=price");

    // Then
    expect(await screen.findByRole("heading", { name: "Results for “mug”" })).toBeVisible();
    expect(await screen.findByText("1 product")).toBeVisible();
    expect(Object.fromEntries(requests[0] ?? [])).toEqual({
      q: "mug",
      categoryName: "kitchen",
      max_price: "20",
      in_stock: "true",
      sort: "price",
      limit: "24",
    });
  });

  it("searches while typing and updates the URL", async () => {
    // Given
    const requests = recordQueries();
    const { user } = openShop("/products?category=kitchen");

    // When
    await user.type(await screen.findByRole("combobox", { name: "Search products" }), "bowl");

    // Then
    await waitFor(() => expect(location.search).toBe("?category=kitchen&q=bowl"));
    await waitFor(() => expect(requests[0]?.get("q")).toBe("bowl"));
  });

  it("removes a filter by its chip", async () => {
    // Given
    recordQueries();
    const { user } = openShop("/products?category=kitchen&min=5");
    const chips = await screen.findByRole("list", { name: "Active filters" });

    // When
    await user.click(within(chips).getByRole("button", { name: /^Kitchen/ }));

    // Then
    expect(location.search).toBe("?min=5");
  });

  it("offers all products if nothing matches", async () => {
    // Given
    server.use(http.get("*/api/products", () => HttpResponse.json(productPage([]))));
    const { user } = openShop("/products?q=zzz");

    // Then
    expect(await screen.findByText("No products found")).toHaveRole("status");

    // When
    await user.click(await screen.findByRole("button", { name: "Show all products" }));

    // Then
    expect(location.search).toBe("");
  });

  it("can be retried after a failure", async () => {
    // Given
    server.use(
      http.get("*/api/products", () => problem(503, "unavailable", "The shop is unavailable."), {
        once: true,
      }),
    );

    // When
    const { user } = openShop("/products");

    // Then
    expect(await screen.findByText("The shop is unavailable.")).toBeVisible();

    // When
    await user.click(screen.getByRole("button", { name: "Try again" }));

    // Then
    expect(await screen.findByRole("link", { name: "mug" })).toBeVisible();
  });

  it("shows an error for an invalid price range", async () => {
    // Given
    recordQueries();
    const { user } = openShop("/products");

    // When
    await user.type(await screen.findByLabelText("From"), "9");
    await user.type(screen.getByLabelText("To"), "5{Enter}");

    // Then
    expect(
      screen.getByText("The maximum price must not be below the minimum price."),
    ).toBeVisible();
  });
});

describe("filter sheet", () => {
  it("applies typed prices when the products are shown", async () => {
    // Given
    const queries = recordQueries();
    const { user } = openShop("/products");
    await user.click(await screen.findByRole("button", { name: "Filters" }));
    const sheet = within(await screen.findByRole("dialog", { name: "Filters" }));
    await user.type(await sheet.findByLabelText("To"), "9,99");

    // When
    await user.click(sheet.getByRole("button", { name: /^Show .* products$/ }));

    // Then
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(location.search).toBe("?max=9.99");
    await waitFor(() => expect(queries[0]?.get("max_price")).toBe("9.99"));
  });

  it("stays open if a typed price is not valid", async () => {
    // Given
    recordQueries();
    const { user } = openShop("/products");
    await user.click(await screen.findByRole("button", { name: "Filters" }));
    const sheet = within(await screen.findByRole("dialog", { name: "Filters" }));
    await user.type(await sheet.findByLabelText("To"), "cheap");

    // When
    await user.click(sheet.getByRole("button", { name: /^Show .* products$/ }));

    // Then
    expect(await sheet.findByText(/Enter a price such as 12.50/)).toBeVisible();
    expect(location.search).toBe("");
  });
});

describe("catalogue URL", () => {
  const bowl = aProduct({ id: BOWL_ID, name: "bowl" });
  const twoPages = () =>
    recordRequests(
      "get",
      "*/api/products",
      json({ ...productPage([aProduct()]), next_cursor: "c2", total: 2 }),
      json({ ...productPage([bowl]), total: 2 }),
    );

  it("stores the number of loaded pages", async () => {
    // Given
    const requests = twoPages();

    // When
    const { user } = openShop("/products");

    // Then
    expect(await screen.findByText("Showing 1 of 2")).toBeVisible();

    // When
    await user.click(screen.getByRole("button", { name: "Show more" }));

    // Then
    expect(await screen.findByRole("link", { name: "bowl" })).toBeVisible();
    expect(screen.getByRole("link", { name: "mug" })).toBeVisible();
    expect(location.search).toBe("?pages=2");
    expect(requests.map((request) => request.query.cursor)).toEqual([undefined, "c2"]);

    // When
    await user.tab();

    // Then
    expect(screen.getByRole("link", { name: "bowl" })).toHaveFocus();
  });

  it("restores the loaded pages after a reload", async () => {
    // Given
    twoPages();

    // When
    openShop("/products?pages=2");

    // Then
    expect(await screen.findByRole("link", { name: "bowl" })).toBeVisible();
    expect(screen.getByRole("link", { name: "mug" })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  });

  it("stores category, price, stock and sort, and returns to the first page", async () => {
    // Given
    const requests = recordQueries();
    const { user } = openShop("/products?q=stone&pages=3");

    // When
    await user.click(await screen.findByRole("radio", { name: "Kitchen" }));

    // Then
    expect(location.search).toBe("?q=stone&category=kitchen");

    // When
    await user.type(screen.getByLabelText("From"), "5");
    await user.type(screen.getByLabelText("To"), "9.99");
    await user.click(screen.getByRole("button", { name: /^Apply/ }));
    await user.click(screen.getByRole("checkbox", { name: "In stock only" }));
    await user.selectOptions(screen.getByLabelText("Sort"), "Price, low to high");

    // Then
    const search = "?q=stone&category=kitchen&min=5&max=9.99&stock=in&sort=price";
    await waitFor(() => expect(location.search).toBe(search));
    await waitFor(() =>
      expect(Object.fromEntries(requests[0] ?? [])).toEqual({
        q: "stone",
        categoryName: "kitchen",
        min_price: "5",
        max_price: "9.99",
        in_stock: "true",
        sort: "price",
        limit: "24",
      }),
    );

    // When
    await go(-1);

    // Then
    await waitFor(() => expect(screen.getByLabelText("Sort")).toHaveValue(""));
  });

  it("keeps both of two changes that follow each other at once", async () => {
    // Given
    recordQueries();
    openShop("/products");
    const kitchen = await screen.findByRole("radio", { name: "Kitchen" });
    const inStock = screen.getByRole("checkbox", { name: "In stock only" });

    // When
    act(() => {
      kitchen.click();
      inStock.click();
    });

    // Then
    await waitFor(() => expect(location.search).toBe("?category=kitchen&stock=in"));
  });

  it("retries loading the categories", async () => {
    // Given
    recordQueries();
    recordRequests(
      "get",
      "*/api/categories",
      () => problem(503, "unavailable", "Categories are unavailable."),
      json({ categories: [aCategory("garden")] }),
    );
    const { user } = openShop("/products");
    const filters = within(await screen.findByRole("group", { name: "Category" }));

    // When
    await user.click(await filters.findByRole("button", { name: "Try again" }));

    // Then
    expect(await filters.findByRole("radio", { name: "Garden" })).toBeInTheDocument();
  });
});

describe("product card", () => {
  it("shows low stock and sold-out products", async () => {
    // Given
    const few = aProduct({ quantity: 4 });
    const none = aProduct({ id: BOWL_ID, name: "bowl", quantity: 0 });
    recordRequests("get", "*/api/products", json(productPage([few, none])));

    // When
    openShop("/products");

    // Then
    expect(await screen.findByText("4 left")).toBeVisible();
    expect(screen.getByRole("button", { name: "Sold out" })).toBeDisabled();
  });

  it("replaces its button with a stepper, which Undo restores", async () => {
    // Given
    recordQueries();
    const { user } = openShop("/products");

    // When
    await user.click(await screen.findByRole("button", { name: /^Add to cart: mug$/ }));

    // Then
    const stepper = within(screen.getByRole("group", { name: "Quantity of mug" }));
    expect(stepper.getByRole("button", { name: /Increase/ })).toHaveFocus();

    // When
    await user.click(stepper.getByRole("button", { name: /Increase/ }));

    // Then
    expect(stepper.getByRole("textbox")).toHaveValue("2");

    // When
    await user.click(stepper.getByRole("button", { name: /Decrease/ }));
    await user.click(stepper.getByRole("button", { name: /Decrease/ }));

    // Then
    expect(screen.getByRole("button", { name: /^Add to cart: mug$/ })).toHaveFocus();

    // When
    await user.click(screen.getByRole("button", { name: "Undo" }));

    // Then
    expect(screen.getByRole("group", { name: "Quantity of mug" })).toBeVisible();
  });
});

describe("unknown URL", () => {
  it("shows a page that leads back to the shop", async () => {
    openShop("/nowhere");
    expect(await screen.findByRole("heading", { name: "Page not found" })).toBeVisible();
    expect(screen.getByRole("link", { name: "Back to the home page" })).toBeVisible();
  });
});
