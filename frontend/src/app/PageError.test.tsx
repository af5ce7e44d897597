import { act, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { reloadPage } from "@/lib/reloadPage";
import { openShop, visit } from "@/testing/render";

vi.mock("@/lib/reloadPage", () => ({ reloadPage: vi.fn() }));
const reload = vi.mocked(reloadPage);
const chunk = new Error("Failed to fetch dynamically imported module: /assets/page.js");

let failure: Error | null = chunk;
vi.mock("@/features/auth/pages/SignInPage", () => ({
  get SignInPage() {
    if (failure) throw failure;
    return () => <h1>Sign in</h1>;
  },
}));

/** Open a page whose chunk cannot be loaded. */
function openMissingPage(error: Error = chunk) {
  failure = error;
  return openShop("/sign-in");
}

function network(isOnline: boolean) {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(isOnline);
  act(() => {
    dispatchEvent(new Event(isOnline ? "online" : "offline"));
  });
}

beforeEach(() => {
  // React logs the errors that an error boundary catches.
  vi.spyOn(console, "error").mockReturnValue();
  sessionStorage.clear();
  reload.mockClear();
  // Vite announces a chunk that it cannot load.
  dispatchEvent(Object.assign(new Event("vite:preloadError"), { payload: chunk }));
});

afterEach(() => vi.restoreAllMocks());

describe("page whose chunk is missing", () => {
  it("reloads once by itself, and then offers to reload", async () => {
    // When
    openMissingPage();

    // Then
    await waitFor(() => expect(reload).toHaveBeenCalledTimes(1));

    // When
    openMissingPage();

    // Then
    await waitFor(() =>
      expect(screen.getAllByText("A part of this page is missing")).toHaveLength(2),
    );
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it("waits while offline, and reloads when online again", async () => {
    // Given
    network(false);
    openMissingPage();
    await screen.findByText("This page opens as soon as you are back online.");
    expect(reload).not.toHaveBeenCalled();

    // When
    network(true);

    // Then
    await waitFor(() => expect(reload).toHaveBeenCalledTimes(1));
  });
});

describe("page that fails otherwise", () => {
  it("shows why and does not reload by itself", async () => {
    // When
    const { user } = openMissingPage(new Error("Something else."));

    // Then
    expect(await screen.findByText("Something else.")).toBeVisible();
    expect(document.title).toBe("This page couldn't be loaded · Kiosk");
    expect(reload).not.toHaveBeenCalled();

    // When
    await user.click(screen.getByRole("button", { name: "Try again" }));

    // Then
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it("disappears with the next page, and is loaded again when it is opened again", async () => {
    // Given
    openMissingPage(new Error("Something else."));
    await screen.findByText("Something else.");

    // When
    await visit("/cart");

    // Then
    expect(await screen.findByRole("heading", { level: 1, name: "Your cart" })).toBeVisible();
    expect(document.title).toBe("Cart · Kiosk");

    // When
    failure = null;
    await visit("/sign-in");

    // Then
    expect(await screen.findByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
    expect(reload).not.toHaveBeenCalled();
  });
});
