import { act, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startSession } from "@/lib/session";
import { aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { problem, recorded } from "@/testing/server";

function network(isOnline: boolean) {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(isOnline);
  act(() => {
    dispatchEvent(new Event(isOnline ? "online" : "offline"));
  });
}

describe("being offline", () => {
  afterEach(() => vi.restoreAllMocks());

  it("is said by a bar, what was there stays, and the bar goes by itself", async () => {
    openShop("/products");
    await screen.findByRole("link", { name: "mug" });
    network(false);
    expect(screen.getByText(/You are offline\. What is here stays/)).toBeVisible();
    expect(screen.getByRole("link", { name: "mug" })).toBeVisible();
    network(true);
    expect(screen.queryByText(/You are offline/)).toBeNull();
  });
});

describe("going from page to page", () => {
  it("puts the focus on the new page's heading, and its name into the title", async () => {
    const { user } = openShop("/cart");
    await screen.findByRole("heading", { level: 1, name: "Your cart" });
    await user.click(screen.getByRole("link", { name: "Sign in" }));
    const heading = await screen.findByRole("heading", { level: 1, name: "Sign in" });
    await waitFor(() => expect(heading).toHaveFocus());
    expect(document.title).toBe("Sign in · Kiosk");
  });

  it("within a page leaves the focus where it is", async () => {
    const { user } = openShop("/products");
    const sort = await screen.findByLabelText("Sort");
    await user.selectOptions(sort, "Name, A to Z");
    await screen.findByRole("link", { name: "mug" });
    expect(screen.getByRole("heading", { level: 1 })).not.toHaveFocus();
  });

  it("begins with a link to the content, past the header", async () => {
    const { user } = openShop("/cart");
    await screen.findByRole("heading", { level: 1 });
    await user.tab();
    const skip = screen.getByRole("link", { name: "Skip to the content" });
    expect(skip).toHaveFocus();
    expect(skip).toHaveAttribute("href", `#${screen.getByRole("main").id}`);
  });
});

describe("the header", () => {
  it("has one's orders and account, and lets one sign out", async () => {
    startSession(aToken({ role: "admin" }));
    const sent = recorded("post", "*/api/logout");
    const { user, router } = openShop("/cart");
    await screen.findByRole("heading", { level: 1 });
    await user.click(screen.getByRole("button", { name: "Account" }));
    expect(screen.getByText("ada@example.com")).toBeVisible();
    expect(screen.getByRole("link", { name: "Administration" })).toHaveAttribute("href", "/admin");
    await user.click(screen.getByRole("button", { name: "Sign out" }));
    await waitFor(() => expect(sent).toHaveLength(1));
    const actions = within(screen.getByRole("navigation", { name: "You" }));
    expect(await actions.findByRole("link", { name: "Sign in" })).toBeVisible();
    await waitFor(() => expect(router.state.location.pathname).toBe("/"));
  });

  it("signs out from a page for those who are signed in to the start, not to the log-in", async () => {
    startSession(aToken());
    recorded("post", "*/api/logout");
    const { user, router } = openShop("/account");
    const visited: string[] = [];
    router.subscribe(({ location }) => visited.push(location.pathname));
    await user.click(await screen.findByRole("button", { name: "Account" }));
    await user.click(screen.getByRole("button", { name: "Sign out" }));
    await screen.findByRole("heading", { level: 1, name: /Good things/ });
    const actions = within(screen.getByRole("navigation", { name: "You" }));
    expect(await actions.findByRole("link", { name: "Sign in" })).toBeVisible();
    expect(visited).not.toContain("/sign-in");
  });

  it("signs out here also where the server can't be told, and says so", async () => {
    startSession(aToken());
    recorded("post", "*/api/logout", () => problem(503, "unavailable", "The shop is away."));
    const { user } = openShop("/cart");
    await screen.findByRole("heading", { level: 1 });
    await user.click(screen.getByRole("button", { name: "Account" }));
    await user.click(screen.getByRole("button", { name: "Sign out" }));
    expect(await screen.findByText("Signed out here. The shop is away.")).toBeVisible();
    const actions = within(screen.getByRole("navigation", { name: "You" }));
    expect(actions.getByRole("link", { name: "Sign in" })).toBeVisible();
  });

  it("changes the theme, and keeps the choice", async () => {
    document.documentElement.dataset.bsTheme = "light";
    const { user } = openShop("/cart");
    await user.click(await screen.findByRole("button", { name: "Use the dark theme" }));
    expect(document.documentElement.dataset.bsTheme).toBe("dark");
    expect(localStorage.getItem("kiosk-theme")).toBe("dark");
    expect(screen.getByRole("button", { name: "Use the light theme" })).toBeVisible();
  });
});
