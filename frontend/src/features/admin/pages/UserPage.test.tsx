import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { anOrder, aToken, ORDER_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recordRequests } from "@/testing/server";

const ID = "9".repeat(24);
const ada = {
  id: ID,
  email: "ada@example.com",
  role: "user",
  created_at: "2026-01-01T00:00:00Z",
};
const totals = {
  orders: 4,
  pending: 1,
  accepted: 2,
  rejected: 1,
  cancelled: 0,
  spent: 58,
  capped: false,
};

beforeEach(() => {
  startSession(aToken({ email: "grace@example.com", role: "admin" }));
  recordRequests("get", "*/api/users/:id", json(ada));
  recordRequests("get", "*/api/admin/orders", json({ orders: [anOrder()], next_cursor: null }));
  recordRequests("get", "*/api/admin/orders/totals", json(totals));
});

describe("the page of a customer", () => {
  it("shows the totals and the orders of exactly this customer", async () => {
    // Given
    const orders = recordRequests(
      "get",
      "*/api/admin/orders",
      json({ orders: [anOrder()], next_cursor: null }),
    );
    const sums = recordRequests("get", "*/api/admin/orders/totals", json(totals));

    // When
    openShop(`/admin/users/${ID}`);

    // Then
    expect(await screen.findByRole("heading", { level: 1, name: "ada@example.com" })).toBeVisible();
    expect(await screen.findByText("€58.00")).toBeVisible();
    expect(screen.getByText("2 accepted orders")).toBeVisible();
    const table = await screen.findByRole("table", { name: /^Orders of ada@example.com/ });
    expect(within(table).getByRole("link")).toHaveAttribute("href", `/admin/orders/${ORDER_ID}`);
    expect(orders[0]?.query).toEqual({ customer: "ada@example.com", limit: "25" });
    expect(sums[0]?.query).toEqual({ customer: "ada@example.com" });
  });

  it("says if the totals are not complete", async () => {
    recordRequests("get", "*/api/admin/orders/totals", json({ ...totals, capped: true }));
    openShop(`/admin/users/${ID}`);
    expect(await screen.findByText("These figures are of the newest 1,000 orders.")).toBeVisible();
    expect(screen.getByText("€58.00+")).toBeVisible();
  });

  it("is opened from the search for people", async () => {
    // Given
    const requests = recordRequests(
      "get",
      "*/api/users",
      json({ users: [ada], next_cursor: null }),
    );
    const { user } = openShop("/admin/users");

    // When
    await user.type(await screen.findByLabelText("Email"), " ADA");

    // Then
    await waitFor(() => expect(location.search).toBe("?email=ADA"));
    await waitFor(() => expect(requests.at(-1)?.query).toEqual({ email: "ADA", limit: "50" }));

    // When
    await user.click(await screen.findByRole("link", { name: "ada@example.com" }));

    // Then
    await waitFor(() => expect(location.pathname).toBe(`/admin/users/${ID}`));
  });

  it("says if the search finds nobody", async () => {
    recordRequests("get", "*/api/users", json({ users: [], next_cursor: null }));
    openShop("/admin/users?email=zoe");
    expect(await screen.findByRole("heading", { name: "No users found" })).toBeVisible();
  });

  it("is not found", async () => {
    recordRequests("get", "*/api/users/:id", () => problem(404, "not-found", "No."));
    openShop(`/admin/users/${ID}`);
    expect(await screen.findByRole("heading", { name: "User not found" })).toBeVisible();
  });
});
