import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
import { toastStore } from "@/components/toastStore";
import { CART_KEY, cartStore } from "@/features/cart/cartStore";
import { sessionStore } from "@/lib/session";
import { server } from "./server";

// Tests must not fail on a busy machine.
configure({ asyncUtilTimeout: 15_000 });

// Testing Library advances fake timers, but it only detects them through Jest's name.
vi.stubGlobal("jest", { advanceTimersByTime: (by: number) => vi.advanceTimersByTime(by) });

// Errors and warnings on the console fail the test, such as a missing act or an unhandled request.
const UNKNOWN_TAG =
  "The tag <%s> is unrecognized in this browser. If you meant to render a React component, start its name with an uppercase letter.";
let consoleMessages: string[] = [];
for (const kind of ["error", "warn"] as const) {
  console[kind] = (...parts: unknown[]) => {
    // jsdom does not support the <search> element.
    if (parts[0] !== UNKNOWN_TAG || parts[1] !== "search") consoleMessages.push(parts.join(" "));
  };
}

// jsdom has no layout, so no media query matches.
window.matchMedia = (media) =>
  Object.assign(new EventTarget(), {
    media,
    matches: false,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
  });
window.scrollTo = () => undefined;

beforeAll(() => server.listen({ onUnhandledFrame: "error" }));

beforeEach(() => {
  consoleMessages = [];
  localStorage.removeItem(CART_KEY);
  cartStore.set({ lines: [], key: null });
  sessionStore.set({ status: "visitor" });
  toastStore.set([]);
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  server.resetHandlers();
  expect(consoleMessages).toEqual([]);
});

afterAll(() => server.close());
