import { onlineManager } from "@tanstack/react-query";
import { act, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addLine } from "@/features/cart/cartStore";
import { startSession } from "@/lib/session";
import { anOrder, aProduct, aToken, MUG_ID, ORDER_ID } from "@/testing/data";
import { openShop, visit } from "@/testing/render";
import { json, recordRequests } from "@/testing/server";

const NOTE = "You are offline. This loads when you are back online.";

function network(isOnline: boolean) {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(isOnline);
  act(() => {
    dispatchEvent(new Event(isOnline ? "online" : "offline"));
  });
}

afterEach(() => {
  vi.restoreAllMocks();
  act(() => onlineManager.setOnline(true));
});

describe("page that is opened offline", () => {
  beforeEach(() => {
    startSession(aToken({ role: "admin" }));
    recordRequests("get", "*/api/products/:id", json(aProduct(), { headers: { ETag: '"1.1"' } }));
    recordRequests("get", "*/api/orders", json({ orders: [], next_cursor: null }));
    recordRequests("get", "*/api/orders/:id", json(anOrder({ status: "ACCEPTED" })));
    recordRequests("get", "*/api/users", json({ users: [], next_cursor: null }));
  });

  it.each([
    "/",
    "/products",
    `/products/${MUG_ID}`,
    "/orders",
    `/orders/${ORDER_ID}`,
    "/admin/users",
  ])("%s says so, and loads when the browser is online", async (path) => {
    // Given
    const { queries } = openShop("/nowhere");
    await screen.findByRole("heading", { level: 1 });
    await waitFor(() => expect(queries.isFetching()).toBe(0));
    network(false);

    // When
    await visit(path);

    // Then
    const main = within(screen.getByRole("main"));
    expect((await main.findAllByText(NOTE))[0]).toBeVisible();
    expect(main.queryByRole("status", { name: /^Loading/ })).toBeNull();

    // When
    network(true);

    // Then
    await waitFor(() => expect(main.queryByText(NOTE)).toBeNull());
    expect(await main.findByRole("heading", { level: 1 })).toBeVisible();
  });
});

describe("cart that is opened offline", () => {
  it("says that prices and stock may have changed", async () => {
    // Given
    addLine(aProduct(), 1);
    openShop("/nowhere");
    await screen.findByRole("heading", { level: 1 });
    network(false);

    // When
    await visit("/cart");

    // Then
    expect(
      await screen.findByText("You are offline. Prices and stock may have changed."),
    ).toBeVisible();

    // When
    network(true);

    // Then
    expect(await screen.findByText("Prices and stock are up to date.")).toBeVisible();
  });
});

describe("order that is placed offline", () => {
  it("is refused at once, and is not sent later", async () => {
    // Given
    startSession(aToken());
    addLine(aProduct(), 1);
    const orders = recordRequests("post", "*/api/orders", () =>
      navigator.onLine
        ? HttpResponse.json(anOrder({ status: "ACCEPTED" }), { status: 201 })
        : HttpResponse.error(),
    );
    recordRequests("get", "*/api/orders/:id", json(anOrder({ status: "ACCEPTED" })));
    const { user, queries } = openShop("/checkout");
    await screen.findByText(/^Signed in as ada@example.com./);
    await waitFor(() => expect(queries.isFetching()).toBe(0));
    network(false);

    // When
    await user.click(screen.getByRole("button", { name: "Order with obligation to pay" }));

    // Then
    expect(
      await screen.findByText("Nothing was sent. Try again when you are back online."),
    ).toBeVisible();

    // When
    orders.length = 0;
    network(true);
    await waitFor(() => expect(queries.isFetching()).toBe(0));

    // Then
    expect(queries.isMutating()).toBe(0);
    expect(orders).toHaveLength(0);

    // When
    await user.click(screen.getByRole("button", { name: "Order with obligation to pay" }));

    // Then
    expect(await screen.findByRole("heading", { name: /Accepted/ })).toBeVisible();
    expect(orders).toHaveLength(1);
  });
});

describe("order that is cancelled offline", () => {
  it("stays, and the dialog says so at once", async () => {
    // Given
    startSession(aToken());
    recordRequests("get", "*/api/orders/:id", json(anOrder({ status: "ACCEPTED" })));
    recordRequests("post", "*/api/orders/:id/cancel", () => HttpResponse.error());
    const { user, queries } = openShop(`/orders/${ORDER_ID}`);
    await user.click(await screen.findByRole("button", { name: "Cancel order" }));
    await waitFor(() => expect(queries.isFetching()).toBe(0));
    network(false);

    // When
    const dialog = within(screen.getByRole("dialog"));
    await user.click(dialog.getByRole("button", { name: "Cancel order" }));

    // Then
    expect(
      await dialog.findByText("Nothing was sent. Try again when you are back online."),
    ).toBeVisible();
    expect(dialog.getByRole("button", { name: "Cancel order" })).toBeEnabled();
  });
});
