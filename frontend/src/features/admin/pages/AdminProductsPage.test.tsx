import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { startSession } from "@/lib/session";
import { aProduct, aToken, BOWL_ID, MUG_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, productPage, recordRequests, server } from "@/testing/server";

const tagged = (product: ReturnType<typeof aProduct>, etag: string) =>
  HttpResponse.json(product, { headers: { ETag: etag } });
const tag = (etag: string) => () => tagged(aProduct(), etag);

beforeEach(() => {
  startSession(aToken({ role: "admin" }));
  server.use(
    http.get("*/api/admin/products", () =>
      HttpResponse.json(productPage([aProduct({ quantity: 3 })])),
    ),
    http.get("*/api/products/:id", () => tagged(aProduct(), '"1.1"')),
  );
});

describe("admin products", () => {
  it("deny access to customers", async () => {
    startSession(aToken());
    openShop("/admin/products");
    expect(await screen.findByRole("heading", { name: "Access denied" })).toBeVisible();
  });

  it("mark low stock", async () => {
    openShop("/admin/products");
    const row = await screen.findByRole("row", { name: /Mug/ });
    expect(within(row).getByText("Low")).toBeVisible();
  });
});

describe("restock", () => {
  it("sends a difference and shows the result before saving", async () => {
    // Given
    const sent = vi.fn();
    server.use(
      http.patch("*/api/products/:id", async ({ request }) => {
        sent(
          await request.json(),
          request.headers.get("If-Match"),
          request.headers.has("Idempotency-Key"),
        );
        return tagged(aProduct({ quantity: 15 }), '"1.2"');
      }),
    );
    const { user } = openShop("/admin/products");

    // When
    await user.click(await screen.findByRole("button", { name: "Change stock of mug: 3" }));
    const dialog = await screen.findByRole("dialog", { name: "Stock of mug" });
    await user.type(within(dialog).getByLabelText("Change"), "12");

    // Then
    expect(within(dialog).getByText("15")).toBeVisible();

    // When
    await user.click(within(dialog).getByRole("button", { name: "Save changes" }));

    // Then
    await vi.waitFor(() => expect(sent).toHaveBeenCalledWith({ quantity_delta: 12 }, null, true));
  });
});

describe("edit conflict", () => {
  it("saves the chosen values on top of the other user's version", async () => {
    // Given
    const sent = vi.fn();
    const theirs = aProduct({ price: 20, description: "Holds coffee." });
    server.use(
      http.patch("*/api/products/:id", async ({ request }) => {
        const tag = request.headers.get("If-Match");
        sent(await request.json(), tag);
        if (tag === '"2.1"')
          return tagged(aProduct({ price: 15, description: "Holds coffee." }), '"3.1"');
        server.use(http.get("*/api/products/:id", () => tagged(theirs, '"2.1"')));
        return problem(412, "stale", "Someone changed it.");
      }),
    );
    const { user } = openShop(`/admin/products?edit=${MUG_ID}`);
    const price = await screen.findByLabelText("Price");

    // When
    await user.clear(price);
    await user.type(price, "15");
    await user.click(screen.getByRole("button", { name: "Save changes" }));

    const description = await screen.findByRole("group", { name: "Description" });
    await user.click(within(description).getByRole("radio", { name: /Theirs/ }));
    await user.click(screen.getByRole("button", { name: "Continue with these values" }));
    await user.click(await screen.findByRole("button", { name: "Save changes" }));

    // Then
    await vi.waitFor(() => expect(sent).toHaveBeenCalledTimes(2));
    expect(sent.mock.calls).toEqual([
      [{ price: 15 }, '"1.1"'],
      [{ price: 15 }, '"2.1"'],
    ]);
  });
});

describe("archived product", () => {
  it("is restored by Undo", async () => {
    // Given
    const sent = vi.fn();
    server.use(
      http.delete("*/api/products/:id", () => new HttpResponse(null, { status: 204 })),
      http.patch("*/api/products/:id", async ({ request }) => {
        sent(await request.json());
        return tagged(aProduct(), '"3.1"');
      }),
    );
    const { user } = openShop("/admin/products");

    // When
    await user.click(await screen.findByRole("button", { name: "Archive mug" }));
    await user.click(await screen.findByRole("button", { name: "Undo" }));

    // Then
    await vi.waitFor(() => expect(sent).toHaveBeenCalledWith({ archived: false }));
  });
});

describe("archiving", () => {
  it("sends the current ETag, and Undo sends the new one", async () => {
    // Given
    recordRequests("get", "*/api/products/:id", tag('"4.1"'), tag('"5.1"'));
    const archived = recordRequests("delete", "*/api/products/:id");
    const changed = recordRequests("patch", "*/api/products/:id", tag('"6.1"'));
    const { user } = openShop("/admin/products");

    // When
    await user.click(await screen.findByRole("button", { name: "Archive mug" }));
    await user.click(await screen.findByRole("button", { name: "Undo" }));

    // Then
    expect(await screen.findByText("Restored mug.")).toBeVisible();
    expect(archived.map((request) => request.headers.get("If-Match"))).toEqual(['"4.1"']);
    expect(changed.map((request) => request.headers.get("If-Match"))).toEqual(['"5.1"']);
  });

  it("shows a refusal and offers no Undo", async () => {
    // Given
    recordRequests("delete", "*/api/products/:id", () =>
      problem(412, "stale", "Someone has changed the product meanwhile."),
    );
    const { user } = openShop("/admin/products");

    // When
    await user.click(await screen.findByRole("button", { name: "Archive mug" }));

    // Then
    expect(await screen.findByText("Someone has changed the product meanwhile.")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  });

  it("can be reverted in the list", async () => {
    // Given
    recordRequests(
      "get",
      "*/api/admin/products",
      json(productPage([aProduct({ archived: true })])),
    );
    const changed = recordRequests("patch", "*/api/products/:id", tag('"2.1"'));

    // When
    const { user } = openShop("/admin/products");

    // Then
    expect(await screen.findByText("Archived")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Archive mug" })).toBeNull();

    // When
    await user.click(screen.getByRole("button", { name: /^Restore/ }));

    // Then
    await vi.waitFor(() =>
      expect(changed.map((request) => request.body)).toEqual([{ archived: false }]),
    );
  });
});

describe("product list", () => {
  it("requests what the URL says, page by page", async () => {
    // Given
    const bowl = aProduct({ id: BOWL_ID, name: "bowl" });
    const requests = recordRequests(
      "get",
      "*/api/admin/products",
      json({ ...productPage([aProduct()]), next_cursor: "c2" }),
      json(productPage([bowl])),
    );
    const { user } = openShop("/admin/products?q=stone&stock=low&sort=stock");

    // When
    await user.click(await screen.findByRole("button", { name: "Show more" }));

    // Then
    expect(await screen.findByRole("row", { name: /Bowl/ })).toBeVisible();
    const query = { q: "stone", max_stock: "4", sort: "stock", limit: "24" };
    expect(requests.map((request) => request.query)).toEqual([query, { ...query, cursor: "c2" }]);
  });

  it("stores search, filter and sort in the URL", async () => {
    // Given
    recordRequests("get", "*/api/admin/products", json(productPage([])));
    const { user } = openShop("/admin/products");

    // When
    await user.type(await screen.findByLabelText("Search"), "mug");

    // Then
    await vi.waitFor(() => expect(location.search).toBe("?q=mug"));

    // When
    await user.selectOptions(screen.getByLabelText("Stock"), "Low (4 or fewer)");
    await user.selectOptions(screen.getByLabelText("Sort"), "Name, A to Z");

    // Then
    expect(location.search).toBe("?q=mug&stock=low&sort=name");
    expect(await screen.findByRole("heading", { name: "No low stock" })).toBeVisible();
  });
});
