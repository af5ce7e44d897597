import { act, screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { endSession, sessionStore, startSession } from "@/lib/session";
import { anOrder, aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, recordRequests } from "@/testing/server";

const recordOrderRequests = () =>
  recordRequests("get", "*/api/orders", json({ orders: [], next_cursor: null }));

describe("page for signed-in users", () => {
  it("sends a visitor to sign in and remembers the full URL", async () => {
    // Given
    const requests = recordOrderRequests();

    // When
    openShop("/orders?from=mail");

    // Then
    expect(await screen.findByRole("heading", { name: "Sign in" })).toBeVisible();
    expect(location.pathname).toBe("/sign-in");
    expect(location.search).toBe("?next=%2Forders%3Ffrom%3Dmail");
    expect(requests).toEqual([]);
  });

  it("waits until the session is known", async () => {
    // Given
    recordOrderRequests();
    sessionStore.set({ status: "unknown" });

    // When
    openShop("/orders");

    // Then
    await screen.findByRole("contentinfo");
    expect(location.pathname).toBe("/orders");
    expect(screen.queryByRole("heading", { level: 1 })).toBeNull();

    // When
    act(() => startSession(aToken()));

    // Then
    expect(await screen.findByRole("heading", { name: "Your orders" })).toBeVisible();
  });

  it("closes and removes personal data from the cache when the session ends", async () => {
    // Given
    recordRequests(
      "get",
      "*/api/orders",
      json({ orders: [anOrder({ status: "ACCEPTED" })], next_cursor: null }),
    );
    startSession(aToken());
    const { queries } = openShop("/orders");
    await screen.findByRole("link", { name: "2 × mug" });

    // When
    act(() => endSession());

    // Then
    expect(await screen.findByRole("heading", { name: "Sign in" })).toBeVisible();
    await waitFor(() => expect(queries.getQueriesData({ queryKey: ["orders"] })).toEqual([]));
  });
});

describe("page for admins", () => {
  it("sends a visitor to sign in", async () => {
    openShop("/admin/users");
    await screen.findByRole("heading", { name: "Sign in" });
    expect(location.search).toBe("?next=%2Fadmin%2Fusers");
  });

  it("denies access to a shopper, and sends no request", async () => {
    // Given
    const requests = recordRequests("get", "*/api/users", json({ users: [], next_cursor: null }));
    startSession(aToken());

    // When
    openShop("/admin/users");

    // Then
    expect(await screen.findByRole("heading", { name: "Access denied" })).toBeVisible();
    expect(screen.getByText(/You are signed in as ada@example.com/)).toBeVisible();
    expect(screen.queryByRole("navigation", { name: "Administration" })).toBeNull();
    expect(requests).toEqual([]);
  });

  it("closes when the user loses the role", async () => {
    // Given
    recordRequests("get", "*/api/users", json({ users: [], next_cursor: null }));
    startSession(aToken({ role: "admin" }));

    // When
    openShop("/admin/users");

    // Then
    expect(await screen.findByRole("heading", { name: "Users" })).toBeVisible();

    // When
    act(() => startSession(aToken()));

    // Then
    expect(await screen.findByRole("heading", { name: "Access denied" })).toBeVisible();
  });
});
