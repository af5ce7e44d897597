import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { anAdminOrder, aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recordRequests } from "@/testing/server";

const page = (orders: ReturnType<typeof anAdminOrder>[], next_cursor: string | null = null) =>
  json({ orders, next_cursor });
const bensOrder = anAdminOrder({
  id: "e".repeat(24),
  email: "ben@example.com",
  status: "REJECTED",
});

beforeEach(() => startSession(aToken({ role: "admin" })));

describe("all orders", () => {
  it("applies the filters in the URL, including the last day", async () => {
    // Given
    const requests = recordRequests("get", "*/api/admin/orders", page([anAdminOrder()]));

    // When
    openShop(
      "/admin/orders?status=PENDING&email=ada%40example.com&since=2026-01-01&until=2026-01-31",
    );

    // Then
    const row = await screen.findByRole("row", { name: /ada@example.com/ });
    expect(within(row).getByText("Placed")).toBeVisible();
    expect(within(row).getByText("€29.00")).toBeVisible();
    expect(requests[0]?.query).toEqual({
      status: "PENDING",
      email: "ada@example.com",
      since: "2026-01-01T00:00:00Z",
      until: "2026-02-01T00:00:00.000Z",
      limit: "25",
    });
    expect(screen.getByLabelText("Status")).toHaveValue("PENDING");
    expect(screen.getByLabelText("From")).toHaveValue("2026-01-01");
  });

  it("stores the filters in the URL and waits for a pause in typing", async () => {
    // Given
    const requests = recordRequests(
      "get",
      "*/api/admin/orders",
      page([anAdminOrder(), bensOrder]),
      page([bensOrder]),
    );
    const { user } = openShop("/admin/orders");
    await screen.findByRole("row", { name: /ada@example.com/ });

    // When
    await user.selectOptions(screen.getByLabelText("Status"), "Rejected");

    // Then
    await waitFor(() => expect(location.search).toBe("?status=REJECTED"));

    // When
    await user.type(screen.getByLabelText("Email"), "ben@example.com");

    // Then
    await waitFor(() => expect(location.search).toBe("?status=REJECTED&email=ben%40example.com"));
    await waitFor(() =>
      expect(requests.at(-1)?.query).toEqual({
        status: "REJECTED",
        email: "ben@example.com",
        limit: "25",
      }),
    );
    // The filter is applied when the user stops typing, not for every letter.
    expect(requests).toHaveLength(3);
    expect(screen.queryByRole("row", { name: /ada@example.com/ })).toBeNull();
  });

  it("loads the next page on request", async () => {
    // Given
    const requests = recordRequests(
      "get",
      "*/api/admin/orders",
      page([anAdminOrder()], "c2"),
      page([bensOrder]),
    );
    const { user } = openShop("/admin/orders");

    // When
    await user.click(await screen.findByRole("button", { name: "Show more" }));

    // Then
    expect(await screen.findByRole("row", { name: /ben@example.com/ })).toBeVisible();
    expect(screen.getByRole("row", { name: /ada@example.com/ })).toBeVisible();
    expect(requests.map((request) => request.query.cursor)).toEqual([undefined, "c2"]);
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  });

  it("ignores invalid filters in the URL", async () => {
    // Given
    const requests = recordRequests("get", "*/api/admin/orders", page([anAdminOrder()]));

    // When
    openShop("/admin/orders?since=yesterday&until=2026-02-31&status=LOST");

    // Then
    expect(await screen.findByRole("row", { name: /ada@example.com/ })).toBeVisible();
    expect(requests[0]?.query).toEqual({ limit: "25" });
    expect(screen.getByLabelText("To")).toHaveValue("");
  });

  it("shows an error if the end date is before the start date", async () => {
    // Given
    recordRequests("get", "*/api/admin/orders", page([]));

    // When
    openShop("/admin/orders?since=2026-02-01");

    // Then
    const last = await screen.findByLabelText("To");
    fireEvent.change(last, { target: { value: "2026-01-01" } });
    await waitFor(() => expect(last).toBeInvalid());
    expect(last).toHaveAccessibleDescription("The end date must not be before the start date.");
    expect(location.search).toBe("?since=2026-02-01&until=2026-01-01");
    expect(await screen.findByRole("heading", { name: "No orders found" })).toBeVisible();
  });

  it("shows an error instead of a table and can be retried", async () => {
    // Given
    recordRequests(
      "get",
      "*/api/admin/orders",
      () => problem(503, "unavailable", "Orders are unavailable."),
      page([anAdminOrder()]),
    );

    // When
    const { user } = openShop("/admin/orders");

    // Then
    expect(await screen.findByText("Orders are unavailable.")).toBeVisible();
    expect(screen.queryByRole("table")).toBeNull();

    // When
    await user.click(screen.getByRole("button", { name: "Try again" }));

    // Then
    expect(await screen.findByRole("row", { name: /ada@example.com/ })).toBeVisible();
  });

  it("focuses the first new order after Show more", async () => {
    // Given
    recordRequests("get", "*/api/admin/orders", page([anAdminOrder()], "next"), page([bensOrder]));
    const { user } = openShop("/admin/orders");

    // When
    await user.click(await screen.findByRole("button", { name: "Show more" }));

    // Then
    await waitFor(() => expect(screen.getByRole("row", { name: /ben@example.com/ })).toHaveFocus());
  });

  it("shows the lists that wait for an admin, with number, customer, state, total and age", async () => {
    // Given
    const requests = recordRequests("get", "*/api/admin/orders", page([anAdminOrder()]), page([]));
    recordRequests("get", "*/api/admin/payments/stripe/events", json({ events: [] }));
    const { user } = openShop("/admin/orders?view=to-pay");

    // Then
    const row = await screen.findByRole("row", { name: /7K3Q9ZDM/ });
    expect(row).toHaveTextContent("7K3Q9ZDMada@example.comPlaced€29.001 Jan 2026");
    expect(requests[0]?.query).toEqual({ view: "to-pay", limit: "25" });
    const views = screen.getByRole("navigation", { name: "Views" });
    expect(
      within(views)
        .getAllByRole("link")
        .map((link) => link.textContent),
    ).toEqual(["To pay", "To ship", "To refund", "Problems", "All"]);
    expect(within(views).getByRole("link", { current: "page" })).toHaveTextContent("To pay");

    // When
    await user.click(within(views).getByRole("link", { name: "Problems" }));

    // Then
    expect(await screen.findByRole("heading", { name: "No order needs a decision" })).toBeVisible();
    expect(requests.at(-1)?.query).toEqual({ view: "problems", limit: "25" });
  });

  it("shows card payments without an order among the problems", async () => {
    // Given
    const event = {
      id: "evt_1",
      type: "checkout.session.completed",
      created_at: "2026-01-01T00:00:00Z",
      live: true,
      session_id: "cs_1",
      payment_intent: "pi_1",
      reason: "The order is unknown.",
    };
    recordRequests("get", "*/api/admin/orders", page([]));
    recordRequests(
      "get",
      "*/api/admin/payments/stripe/events",
      () => problem(503, "unavailable", "Events are unavailable."),
      json({ events: [event] }),
    );
    const { user } = openShop("/admin/orders?view=problems");

    // When
    expect(await screen.findByText("Events are unavailable.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Try again" }));

    // Then
    const payments = await screen.findByRole("region", { name: "Card payments without an order" });
    expect(within(payments).getByRole("row", { name: /pi_1/ })).toHaveTextContent(
      "pi_1checkout.session.completedThe order is unknown.1 Jan 2026",
    );
  });

  it("finds an order by its number", async () => {
    // Given
    const requests = recordRequests("get", "*/api/admin/orders", page([]));
    const { user } = openShop("/admin/orders");

    // When
    await user.type(await screen.findByLabelText("Number"), "7k3q-9zdm");

    // Then
    await waitFor(() => expect(location.search).toBe("?number=7k3q-9zdm"));
    await waitFor(() =>
      expect(requests.at(-1)?.query).toEqual({ number: "7k3q-9zdm", limit: "25" }),
    );
    expect(screen.getByRole("link", { name: "Show all orders" })).toHaveAttribute(
      "href",
      "/admin/orders",
    );
  });
});
