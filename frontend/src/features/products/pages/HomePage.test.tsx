import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { aCategory, aProduct, BOWL_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { gate, json, problem, productPage, recordRequests, server } from "@/testing/server";

const bowl = aProduct({ id: BOWL_ID, name: "bowl", quantity: 3 });

/** Respond to the queries for new products and for low stock. */
function serveShelves(newest: () => Response | Promise<Response>, lowStock: () => Response) {
  const requests: Record<string, string>[] = [];
  server.use(
    http.get("*/api/products", ({ request }) => {
      const query = Object.fromEntries(new URL(request.url).searchParams);
      requests.push(query);
      return "max_stock" in query ? lowStock() : newest();
    }),
  );
  return requests;
}

describe("home page", () => {
  it("shows new products, low stock and categories", async () => {
    // Given
    const requests = serveShelves(json(productPage([aProduct()])), json(productPage([bowl])));

    // When
    openShop("/");

    // Then
    const fresh = within(await screen.findByRole("region", { name: "New arrivals" }));
    expect(await fresh.findByRole("link", { name: "mug" })).toBeVisible();
    const last = within(screen.getByRole("region", { name: "Almost gone" }));
    expect(await last.findByText("3 left")).toBeVisible();
    const tiles = within(screen.getByRole("region", { name: "Categories" }));
    expect(await tiles.findByRole("link", { name: "Kitchen" })).toHaveAttribute(
      "href",
      "/products?category=kitchen",
    );
    expect(requests).toContainEqual({ sort: "newest", limit: "8" });
    expect(requests).toContainEqual({
      in_stock: "true",
      max_stock: "4",
      sort: "stock",
      limit: "4",
    });
  });

  it("shows placeholders while products load", async () => {
    // Given
    const arrived = gate();
    serveShelves(
      async () => {
        await arrived.opened;
        return HttpResponse.json(productPage([aProduct()]));
      },
      json(productPage([bowl])),
    );

    // When
    openShop("/");

    // Then
    const fresh = within(await screen.findByRole("region", { name: "New arrivals" }));
    const skeleton = fresh.getByRole("status", { name: "Loading products" });
    expect(skeleton.children).toHaveLength(8);

    // When
    arrived.open();

    // Then
    expect(await fresh.findByRole("link", { name: "mug" })).toBeVisible();
    expect(skeleton).not.toBeInTheDocument();
  });

  it("explains an empty shop and hides empty sections", async () => {
    // Given
    serveShelves(json(productPage([])), json(productPage([])));
    recordRequests("get", "*/api/categories", json({ categories: [] }));

    // When
    openShop("/");

    // Then
    expect(await screen.findByRole("heading", { name: "No products yet" })).toBeVisible();
    await waitFor(() => expect(screen.queryByRole("region", { name: "Almost gone" })).toBeNull());
    expect(screen.queryByRole("region", { name: "Categories" })).toBeNull();
  });

  it("shows an error in the failed section, which can be retried", async () => {
    // Given
    const answers = [
      () => problem(503, "unavailable", "Products are unavailable."),
      json(productPage([aProduct()])),
    ];
    serveShelves(
      () => (answers.shift() ?? answers[0] ?? json(productPage([])))(),
      json(productPage([bowl])),
    );

    // When
    openShop("/");

    // Then
    const fresh = within(await screen.findByRole("region", { name: "New arrivals" }));
    expect(await fresh.findByRole("alert")).toHaveTextContent("Products are unavailable.");
    expect(await screen.findByText("3 left")).toBeVisible();
    expect(screen.getAllByRole("alert")).toHaveLength(1);
    fresh.getByRole("button", { name: "Try again" }).click();
    expect(await fresh.findByRole("link", { name: "mug" })).toBeVisible();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("retries loading the categories", async () => {
    // Given
    recordRequests(
      "get",
      "*/api/categories",
      () => problem(503, "unavailable", "Categories are unavailable."),
      json({ categories: [aCategory("garden")] }),
    );
    const { user } = openShop("/");
    const tiles = within(await screen.findByRole("region", { name: "Categories" }));

    // When
    await user.click(await tiles.findByRole("button", { name: "Try again" }));

    // Then
    expect(await tiles.findByRole("link", { name: "Garden" })).toBeVisible();
  });
});
