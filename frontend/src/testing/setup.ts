import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
import { toastStore } from "@/components/toasts";
import { CART_KEY, cartStore } from "@/features/cart/cartStore";
import { sessionStore } from "@/lib/session";
import { server } from "./server";

// A busy machine takes its time.
configure({ asyncUtilTimeout: 15_000 });

// Testing Library moves the time on where it is faked, and knows that only by Jest's name.
vi.stubGlobal("jest", { advanceTimersByTime: (by: number) => vi.advanceTimersByTime(by) });

// What is complained of (an act that is missing, a request that nobody answers) fails the test.
const UNKNOWN_TAG =
  "The tag <%s> is unrecognized in this browser. If you meant to render a React component, start its name with an uppercase letter.";
let complaints: string[] = [];
for (const kind of ["error", "warn"] as const) {
  console[kind] = (...parts: unknown[]) => {
    // jsdom does not know the element <search> yet.
    if (parts[0] !== UNKNOWN_TAG || parts[1] !== "search") complaints.push(parts.join(" "));
  };
}

// jsdom lays nothing out, so no media query ever matches.
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
  complaints = [];
  localStorage.removeItem(CART_KEY);
  cartStore.set({ lines: [], attempt: null });
  sessionStore.set({ status: "visitor" });
  toastStore.set([]);
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  server.resetHandlers();
  expect(complaints).toEqual([]);
});

afterAll(() => server.close());
