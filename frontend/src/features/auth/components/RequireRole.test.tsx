import { act, screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { endSession, sessionStore, startSession } from "@/lib/session";
import { anOrder, aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, recorded } from "@/testing/server";

const orders = () => recorded("get", "*/api/orders", json({ orders: [], next_cursor: null }));

describe("a page for those who are signed in", () => {
  it("sends a visitor to sign in, and knows the way back with all its parts", async () => {
    const asked = orders();
    const { router } = openShop("/orders?from=mail");
    expect(await screen.findByRole("heading", { name: "Sign in" })).toBeVisible();
    expect(router.state.location.pathname).toBe("/sign-in");
    expect(router.state.location.search).toBe("?next=%2Forders%3Ffrom%3Dmail");
    expect(asked).toEqual([]);
  });

  it("waits while it is not known whether there is a session", async () => {
    orders();
    sessionStore.set({ status: "unknown" });
    const { router } = openShop("/orders");
    await screen.findByRole("contentinfo");
    expect(router.state.location.pathname).toBe("/orders");
    expect(screen.queryByRole("heading", { level: 1 })).toBeNull();
    act(() => startSession(aToken()));
    expect(await screen.findByRole("heading", { name: "Your orders" })).toBeVisible();
  });

  it("is left when the session ends, and nothing personal stays in memory", async () => {
    recorded(
      "get",
      "*/api/orders",
      json({ orders: [anOrder({ status: "ACCEPTED" })], next_cursor: null }),
    );
    startSession(aToken());
    const { queries } = openShop("/orders");
    await screen.findByRole("link", { name: "2 × mug" });
    act(() => endSession());
    expect(await screen.findByRole("heading", { name: "Sign in" })).toBeVisible();
    await waitFor(() => expect(queries.getQueriesData({ queryKey: ["orders"] })).toEqual([]));
  });
});

describe("a page for administrators", () => {
  it("sends a visitor to sign in", async () => {
    const { router } = openShop("/admin/people");
    await screen.findByRole("heading", { name: "Sign in" });
    expect(router.state.location.search).toBe("?next=%2Fadmin%2Fpeople");
  });

  it("tells a shopper so, and asks the server for nothing", async () => {
    const asked = recorded("get", "*/api/users", json({ users: [], next_cursor: null }));
    startSession(aToken());
    openShop("/admin/people");
    expect(
      await screen.findByRole("heading", { name: "This page is for administrators" }),
    ).toBeVisible();
    expect(screen.getByText(/You are signed in as ada@example.com/)).toBeVisible();
    expect(screen.queryByRole("navigation", { name: "Administration" })).toBeNull();
    expect(asked).toEqual([]);
  });

  it("closes when the role is taken away", async () => {
    recorded("get", "*/api/users", json({ users: [], next_cursor: null }));
    startSession(aToken({ role: "admin" }));
    openShop("/admin/people");
    expect(await screen.findByRole("heading", { name: "People" })).toBeVisible();
    act(() => startSession(aToken()));
    expect(
      await screen.findByRole("heading", { name: "This page is for administrators" }),
    ).toBeVisible();
  });
});
