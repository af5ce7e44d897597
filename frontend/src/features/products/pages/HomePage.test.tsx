import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { aProduct, BOWL_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { gate, json, problem, productPage, recorded, server } from "@/testing/server";

const bowl = aProduct({ id: BOWL_ID, name: "bowl", quantity: 3 });

/** Answers the shelf of new products and the one of those nearly gone. */
function shelves(fresh: () => Response | Promise<Response>, last: () => Response) {
  const asked: Record<string, string>[] = [];
  server.use(
    http.get("*/api/products", ({ request }) => {
      const query = Object.fromEntries(new URL(request.url).searchParams);
      asked.push(query);
      return "max_stock" in query ? last() : fresh();
    }),
  );
  return asked;
}

describe("the start page", () => {
  it("shows what is new, what is nearly gone, and the categories", async () => {
    const asked = shelves(json(productPage([aProduct()])), json(productPage([bowl])));
    openShop("/");
    const fresh = within(await screen.findByRole("region", { name: "New" }));
    expect(await fresh.findByRole("link", { name: "mug" })).toBeVisible();
    const last = within(screen.getByRole("region", { name: "Nearly gone" }));
    expect(await last.findByText("3 left")).toBeVisible();
    const tiles = within(screen.getByRole("region", { name: "Categories" }));
    expect(await tiles.findByRole("link", { name: "Kitchen" })).toHaveAttribute(
      "href",
      "/products?category=kitchen",
    );
    expect(asked).toContainEqual({ sort: "newest", limit: "8" });
    expect(asked).toContainEqual({ in_stock: "true", max_stock: "4", sort: "stock", limit: "4" });
  });

  it("holds the place of what is still to come", async () => {
    const arrived = gate();
    shelves(
      async () => {
        await arrived.opened;
        return HttpResponse.json(productPage([aProduct()]));
      },
      json(productPage([bowl])),
    );
    openShop("/");
    const fresh = within(await screen.findByRole("region", { name: "New" }));
    const skeleton = fresh.getByRole("status", { name: "Loading products" });
    expect(skeleton.children).toHaveLength(8);
    arrived.open();
    expect(await fresh.findByRole("link", { name: "mug" })).toBeVisible();
    expect(skeleton).not.toBeInTheDocument();
  });

  it("of a shop without products says so, and hides what there is none of", async () => {
    shelves(json(productPage([])), json(productPage([])));
    recorded("get", "*/api/categories", json({ categories: [] }));
    openShop("/");
    expect(await screen.findByRole("heading", { name: "Nothing for sale yet" })).toBeVisible();
    await waitFor(() => expect(screen.queryByRole("region", { name: "Nearly gone" })).toBeNull());
    expect(screen.queryByRole("region", { name: "Categories" })).toBeNull();
  });

  it("says what failed where it failed, and tries again there", async () => {
    const answers = [
      () => problem(503, "unavailable", "The products are away."),
      json(productPage([aProduct()])),
    ];
    shelves(
      () => (answers.shift() ?? answers[0] ?? json(productPage([])))(),
      json(productPage([bowl])),
    );
    openShop("/");
    const fresh = within(await screen.findByRole("region", { name: "New" }));
    expect(await fresh.findByRole("alert")).toHaveTextContent("The products are away.");
    expect(await screen.findByText("3 left")).toBeVisible();
    expect(screen.getAllByRole("alert")).toHaveLength(1);
    fresh.getByRole("button", { name: "Try again" }).click();
    expect(await fresh.findByRole("link", { name: "mug" })).toBeVisible();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("offers to read the categories again where they could not be read", async () => {
    recorded(
      "get",
      "*/api/categories",
      () => problem(503, "unavailable", "The categories are away."),
      json({ categories: [{ name: "garden" }] }),
    );
    const { user } = openShop("/");
    const tiles = within(await screen.findByRole("region", { name: "Categories" }));
    await user.click(await tiles.findByRole("button", { name: "Try again" }));
    expect(await tiles.findByRole("link", { name: "Garden" })).toBeVisible();
  });
});
