import { act, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse } from "msw";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { startSession } from "@/lib/session";
import { visitStore } from "@/lib/visits";
import { aProduct, aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { gate, problem, productPage, recordRequests } from "@/testing/server";

function network(isOnline: boolean) {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(isOnline);
  act(() => {
    dispatchEvent(new Event(isOnline ? "online" : "offline"));
  });
}

describe("offline bar", () => {
  afterEach(() => vi.restoreAllMocks());

  it("appears while offline, keeps the content, and disappears when online again", async () => {
    // Given
    openShop("/products");
    await screen.findByRole("link", { name: "mug" });

    // When
    network(false);

    // Then
    expect(screen.getByText(/You are offline\. This page updates/)).toBeVisible();
    expect(screen.getByRole("link", { name: "mug" })).toBeVisible();

    // When
    network(true);

    // Then
    expect(screen.queryByText(/You are offline/)).toBeNull();
  });
});

describe("slow shop", () => {
  it("is announced after 5 s and until it responds", async () => {
    // Given
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const response = gate();
    const requests = recordRequests("get", "*/api/products", async () => {
      await response.opened;
      return HttpResponse.json(productPage([aProduct()]));
    });
    openShop("/products");
    await waitFor(() => expect(requests).toHaveLength(1));
    await act(() => vi.advanceTimersByTimeAsync(3_000));
    expect(screen.queryByText(/slow to respond/)).toBeNull();

    // When
    await act(() => vi.advanceTimersByTimeAsync(5_000));

    // Then
    expect(screen.getByText("The shop is slow to respond. Please wait.")).toBeVisible();

    // When
    response.open();

    // Then
    await waitFor(() => expect(screen.queryByText(/slow to respond/)).toBeNull());
  });
});

describe("navigation", () => {
  it("focuses the heading of the new page and updates the title", async () => {
    // Given
    const { user } = openShop("/cart");
    await screen.findByRole("heading", { level: 1, name: "Your cart" });

    // When
    await user.click(screen.getByRole("link", { name: "Sign in" }));

    // Then
    const heading = await screen.findByRole("heading", { level: 1, name: "Sign in" });
    await waitFor(() => expect(heading).toHaveFocus());
    expect(document.title).toBe("Sign in · Kiosk");
  });

  it("keeps the focus when only the query changes", async () => {
    // Given
    const { user } = openShop("/products");
    const sort = await screen.findByLabelText("Sort");

    // When
    await user.selectOptions(sort, "Name, A to Z");

    // Then
    await screen.findByRole("link", { name: "mug" });
    expect(screen.getByRole("heading", { level: 1 })).not.toHaveFocus();
  });

  it("offers a link that skips the header", async () => {
    // Given
    const { user } = openShop("/cart");
    await screen.findByRole("heading", { level: 1 });

    // When
    await user.tab();

    // Then
    const skip = screen.getByRole("link", { name: "Skip to content" });
    expect(skip).toHaveFocus();
    expect(skip).toHaveAttribute("href", `#${screen.getByRole("main").id}`);
  });
});

describe("header", () => {
  it("links to orders and account, and signs out", async () => {
    // Given
    startSession(aToken({ role: "admin" }));
    const sent = recordRequests("post", "*/api/logout");
    const { user } = openShop("/cart");
    await screen.findByRole("heading", { level: 1 });

    // When
    await user.click(await screen.findByRole("button", { name: "Account" }));

    // Then
    expect(screen.getByText("ada@example.com")).toBeVisible();
    expect(screen.getByRole("link", { name: "Administration" })).toHaveAttribute("href", "/admin");

    // When
    await user.click(screen.getByRole("button", { name: "Sign out" }));

    // Then
    await waitFor(() => expect(sent).toHaveLength(1));
    const actions = within(screen.getByRole("navigation", { name: "Account and cart" }));
    expect(await actions.findByRole("link", { name: "Sign in" })).toBeVisible();
    await waitFor(() => expect(location.pathname).toBe("/"));
  });

  it("goes to the home page, not to the sign-in page, when signing out on a protected page", async () => {
    // Given
    startSession(aToken());
    recordRequests("post", "*/api/logout");
    const { user } = openShop("/account");
    const visited: string[] = [];
    onTestFinished(visitStore.subscribe(() => visited.push(location.pathname)));

    // When
    await user.click(await screen.findByRole("button", { name: "Account" }));
    await user.click(screen.getByRole("button", { name: "Sign out" }));

    // Then
    await screen.findByRole("heading", { level: 1, name: /Well-made things/ });
    const actions = within(screen.getByRole("navigation", { name: "Account and cart" }));
    expect(await actions.findByRole("link", { name: "Sign in" })).toBeVisible();
    expect(visited).not.toContain("/sign-in");
  });

  it("signs out on this device if the server is unavailable", async () => {
    // Given
    startSession(aToken());
    recordRequests("post", "*/api/logout", () =>
      problem(503, "unavailable", "The shop is unavailable."),
    );
    const { user } = openShop("/cart");
    await screen.findByRole("heading", { level: 1 });

    // When
    await user.click(await screen.findByRole("button", { name: "Account" }));
    await user.click(screen.getByRole("button", { name: "Sign out" }));

    // Then
    expect(
      await screen.findByText("You are signed out on this device. The shop is unavailable."),
    ).toBeVisible();
    const actions = within(screen.getByRole("navigation", { name: "Account and cart" }));
    expect(actions.getByRole("link", { name: "Sign in" })).toBeVisible();
  });

  it("switches the theme and remembers it", async () => {
    // Given
    document.documentElement.dataset.bsTheme = "light";
    const { user } = openShop("/cart");

    // When
    await user.click(await screen.findByRole("button", { name: "Switch to dark theme" }));

    // Then
    expect(document.documentElement.dataset.bsTheme).toBe("dark");
    expect(localStorage.getItem("kiosk-theme")).toBe("dark");
    expect(screen.getByRole("button", { name: "Switch to light theme" })).toBeVisible();
  });
});
