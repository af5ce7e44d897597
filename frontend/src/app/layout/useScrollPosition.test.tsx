import { act, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { go, openShop, visit } from "@/testing/render";

const VIEWPORT = 768;
let resize: () => void = () => {};

/** Set the height of the page, and tell those who observe it. */
function setHeight(height: number) {
  vi.spyOn(document.documentElement, "scrollHeight", "get").mockReturnValue(height);
  act(() => resize());
}

function scroll(position: number) {
  vi.stubGlobal("scrollY", position);
  dispatchEvent(new Event("scroll"));
}

beforeEach(() => {
  vi.stubGlobal("innerHeight", VIEWPORT);
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(callback: () => void) {
        resize = callback;
      }
      observe() {}
      disconnect() {
        resize = () => {};
      }
    },
  );
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("scroll position of a new page", () => {
  it("is the top", async () => {
    // Given
    openShop("/products");
    await screen.findByRole("link", { name: "mug" });
    scroll(1_500);
    const scrollTo = vi.spyOn(window, "scrollTo");

    // When
    await visit("/nowhere");

    // Then
    expect(scrollTo.mock.calls).toEqual([[0, 0]]);
  });

  it("stays when a filter changes, also after going back to it", async () => {
    // Given
    const { user } = openShop("/products");
    await screen.findByRole("link", { name: "mug" });
    scroll(300);
    const scrollTo = vi.spyOn(window, "scrollTo");

    // When
    await user.selectOptions(screen.getByLabelText("Sort"), "Name, A to Z");
    await waitFor(() => expect(location.search).toBe("?sort=name"));

    // Then
    expect(scrollTo).not.toHaveBeenCalled();

    // When
    await visit("/nowhere");
    scroll(0);
    scrollTo.mockClear();
    await go(-1);

    // Then
    expect(scrollTo.mock.calls).toEqual([[0, 300]]);
  });
});

describe("scroll position after going back", () => {
  /** Scroll down a page, go to another one, and go back. */
  async function goBack() {
    openShop("/products");
    await screen.findByRole("link", { name: "mug" });
    scroll(1_500);
    await visit("/nowhere");
    scroll(0);
    const scrollTo = vi.spyOn(window, "scrollTo");
    await go(-1);
    scrollTo.mockClear();
    return scrollTo;
  }

  it("is restored when the page is long enough", async () => {
    // Given
    const scrollTo = await goBack();

    // When
    setHeight(VIEWPORT + 1_499);

    // Then
    expect(scrollTo).not.toHaveBeenCalled();

    // When
    setHeight(VIEWPORT + 1_500);

    // Then
    expect(scrollTo.mock.calls).toEqual([[0, 1_500]]);
  });

  it("is not restored after the user has scrolled", async () => {
    // Given
    const scrollTo = await goBack();

    // When
    dispatchEvent(new Event("wheel"));
    setHeight(VIEWPORT + 1_500);

    // Then
    expect(scrollTo).not.toHaveBeenCalled();
  });
});
