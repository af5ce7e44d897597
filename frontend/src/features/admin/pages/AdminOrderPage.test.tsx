import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { anAdminOrder, anOrder, aToken, BOWL_ID, MUG_ID, ORDER_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recordRequests } from "@/testing/server";

const URL = `/admin/orders/${ORDER_ID}`;

beforeEach(() => startSession(aToken({ email: "grace@example.com", role: "admin" })));

describe("an order in the administration", () => {
  it("is opened from the list and leads back to it, within the navigation", async () => {
    // Given
    recordRequests(
      "get",
      "*/api/admin/orders",
      json({ orders: [anAdminOrder()], next_cursor: null }),
    );
    recordRequests("get", "*/api/admin/orders/:id", json(anAdminOrder({ status: "ACCEPTED" })));
    const { user } = openShop("/admin/orders");

    // When
    const row = await screen.findByRole("row", { name: /ada@example.com/ });
    await user.click(within(row).getByRole("link"));

    // Then
    expect(await screen.findByRole("heading", { name: /Accepted/ })).toBeVisible();
    expect(location.pathname).toBe(URL);
    const navigation = screen.getByRole("navigation", { name: "Administration" });
    expect(within(navigation).getByRole("link", { name: "Orders" })).toHaveClass("active");
    expect(document.title).toBe("Order 7K3Q9ZDM accepted · Administration · Kiosk");
    expect(screen.getByRole("link", { name: "ada@example.com" })).toHaveAttribute(
      "href",
      "/admin/users?email=ada%40example.com",
    );
    expect(screen.getByRole("link", { name: "mug" })).toHaveAttribute(
      "href",
      `/admin/products?edit=${MUG_ID}`,
    );

    // When
    await user.click(screen.getByRole("link", { name: "All orders" }));

    // Then
    await waitFor(() => expect(location.pathname).toBe("/admin/orders"));
  });

  it("says what to do if it was rejected", async () => {
    // Given
    const [line] = anOrder().products;
    const lines = [
      { ...line, reason: "Only 1 left." },
      { ...line, product_id: BOWL_ID, name: "bowl", reason: null },
    ];
    recordRequests(
      "get",
      "*/api/admin/orders/:id",
      json({
        ...anAdminOrder({ status: "REJECTED", reason: "Some items were short." }),
        products: lines,
      }),
    );

    // When
    openShop(URL);

    // Then
    expect(await screen.findByText("What you can do")).toBeVisible();
    expect(screen.getByRole("link", { name: "Restock mug" })).toHaveAttribute(
      "href",
      `/admin/products?restock=${MUG_ID}`,
    );
    expect(screen.queryByRole("link", { name: "Restock bowl" })).toBeNull();
    expect(screen.getByText(/The customer can then order the same items again/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Order again" })).toBeNull();
  });

  it("offers to restock everything if no item has a reason", async () => {
    recordRequests("get", "*/api/admin/orders/:id", json(anAdminOrder({ status: "REJECTED" })));
    openShop(URL);
    expect(await screen.findByRole("link", { name: "Restock mug" })).toBeVisible();
  });

  it("is cancelled for the customer", async () => {
    // Given
    recordRequests("get", "*/api/admin/orders/:id", json(anAdminOrder({ status: "ACCEPTED" })));
    const sent = recordRequests("post", "*/api/orders/:id/cancel", json(anOrder()));
    const { user } = openShop(URL);

    // When
    await user.click(await screen.findByRole("button", { name: "Cancel order" }));
    const dialog = await screen.findByRole("dialog", { name: "Cancel this order?" });

    // Then
    expect(dialog).toHaveTextContent("This cancels the customer's order of €29.00");

    // When
    await user.click(within(dialog).getByRole("button", { name: "Cancel order" }));

    // Then
    await waitFor(() => expect(sent).toHaveLength(1));
  });

  it.each([
    ["not-found", 404],
    ["validation", 422],
  ])("is not found (%s)", async (type, status) => {
    recordRequests("get", "*/api/admin/orders/:id", () => problem(status, type, "No."));
    openShop(URL);
    expect(await screen.findByRole("heading", { name: "Order not found" })).toBeVisible();
    expect(screen.getByRole("link", { name: "All orders" })).toHaveAttribute(
      "href",
      "/admin/orders",
    );
  });
});
