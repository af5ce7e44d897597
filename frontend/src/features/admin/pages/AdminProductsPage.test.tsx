import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { startSession } from "@/lib/session";
import { aProduct, aToken, BOWL_ID, MUG_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, productPage, recorded, server } from "@/testing/server";

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

describe("the administration", () => {
  it("is not for shoppers", async () => {
    startSession(aToken());
    openShop("/admin/products");
    expect(
      await screen.findByRole("heading", { name: "This page is for administrators" }),
    ).toBeVisible();
  });

  it("marks what is running low", async () => {
    openShop("/admin/products");
    const row = await screen.findByRole("row", { name: /Mug/ });
    expect(within(row).getByText("Low")).toBeVisible();
  });
});

describe("a restock", () => {
  it("is a difference, shown with its result before it is saved", async () => {
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
    await user.click(await screen.findByRole("button", { name: "Stock of mug: 3. Change it" }));
    const dialog = await screen.findByRole("dialog", { name: "Stock of mug" });
    await user.type(within(dialog).getByLabelText("Change"), "12");
    expect(within(dialog).getByText("15")).toBeVisible();
    await user.click(within(dialog).getByRole("button", { name: "Save" }));
    await vi.waitFor(() => expect(sent).toHaveBeenCalledWith({ quantity_delta: 12 }, null, true));
  });
});

describe("an edit that someone else overtook", () => {
  it("shows theirs beside mine, and saves the choice on top of theirs", async () => {
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
    await user.clear(price);
    await user.type(price, "15");
    await user.click(screen.getByRole("button", { name: "Save" }));

    const description = await screen.findByRole("group", { name: "Description" });
    await user.click(within(description).getByRole("radio", { name: /Theirs/ }));
    await user.click(screen.getByRole("button", { name: "Go on with these" }));
    await user.click(await screen.findByRole("button", { name: "Save" }));

    await vi.waitFor(() => expect(sent).toHaveBeenCalledTimes(2));
    expect(sent.mock.calls).toEqual([
      [{ price: 15 }, '"1.1"'],
      [{ price: 15 }, '"2.1"'],
    ]);
  });
});

describe("an archived product", () => {
  it("comes back by Undo", async () => {
    const sent = vi.fn();
    server.use(
      http.delete("*/api/products/:id", () => new HttpResponse(null, { status: 204 })),
      http.patch("*/api/products/:id", async ({ request }) => {
        sent(await request.json());
        return tagged(aProduct(), '"3.1"');
      }),
    );
    const { user } = openShop("/admin/products");
    await user.click(await screen.findByRole("button", { name: "Archive mug" }));
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    await vi.waitFor(() => expect(sent).toHaveBeenCalledWith({ archived: false }));
  });
});

describe("archiving", () => {
  it("names the version that was seen, and Undo puts back the one there is now", async () => {
    recorded("get", "*/api/products/:id", tag('"4.1"'), tag('"5.1"'));
    const archived = recorded("delete", "*/api/products/:id");
    const changed = recorded("patch", "*/api/products/:id", tag('"6.1"'));
    const { user } = openShop("/admin/products");
    await user.click(await screen.findByRole("button", { name: "Archive mug" }));
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    expect(await screen.findByText("mug is sold again.")).toBeVisible();
    expect(archived.map((each) => each.headers.get("If-Match"))).toEqual(['"4.1"']);
    expect(changed.map((each) => each.headers.get("If-Match"))).toEqual(['"5.1"']);
  });

  it("that is refused says why, and offers no Undo", async () => {
    recorded("delete", "*/api/products/:id", () =>
      problem(412, "stale", "Someone has changed the product meanwhile."),
    );
    const { user } = openShop("/admin/products");
    await user.click(await screen.findByRole("button", { name: "Archive mug" }));
    expect(await screen.findByText("Someone has changed the product meanwhile.")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  });

  it("is undone from the list, too", async () => {
    recorded("get", "*/api/admin/products", json(productPage([aProduct({ archived: true })])));
    const changed = recorded("patch", "*/api/products/:id", tag('"2.1"'));
    const { user } = openShop("/admin/products");
    expect(await screen.findByText("Archived")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Archive mug" })).toBeNull();
    await user.click(screen.getByRole("button", { name: /^Put back/ }));
    await vi.waitFor(() => expect(changed.map((each) => each.body)).toEqual([{ archived: false }]));
  });
});

describe("the list of products", () => {
  it("is what the address asks for, page by page", async () => {
    const bowl = aProduct({ id: BOWL_ID, name: "bowl" });
    const asked = recorded(
      "get",
      "*/api/admin/products",
      json({ ...productPage([aProduct()]), next_cursor: "c2" }),
      json(productPage([bowl])),
    );
    const { user } = openShop("/admin/products?q=stone&stock=low&sort=stock");
    await user.click(await screen.findByRole("button", { name: "Show more" }));
    expect(await screen.findByRole("row", { name: /Bowl/ })).toBeVisible();
    const query = { q: "stone", max_stock: "4", sort: "stock", limit: "24" };
    expect(asked.map((each) => each.query)).toEqual([query, { ...query, cursor: "c2" }]);
  });

  it("keeps its search, filter and sort in the address", async () => {
    recorded("get", "*/api/admin/products", json(productPage([])));
    const { user, router } = openShop("/admin/products");
    await user.type(await screen.findByLabelText("Search"), "mug");
    await vi.waitFor(() => expect(router.state.location.search).toBe("?q=mug"));
    await user.selectOptions(screen.getByLabelText("Stock"), "Low (4 or fewer)");
    await user.selectOptions(screen.getByLabelText("Sort"), "Name");
    expect(router.state.location.search).toBe("?q=mug&stock=low&sort=name");
    expect(await screen.findByRole("heading", { name: "All good" })).toBeVisible();
  });
});
