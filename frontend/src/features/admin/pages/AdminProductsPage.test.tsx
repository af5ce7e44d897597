import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { startSession } from "@/lib/session";
import { aProduct, aToken, MUG_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { problem, productPage, server } from "@/testing/server";

const tagged = (product: ReturnType<typeof aProduct>, etag: string) =>
  HttpResponse.json(product, { headers: { ETag: etag } });

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
