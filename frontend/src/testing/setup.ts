import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { toastStore } from "@/components/toasts";
import { CART_KEY, cartStore } from "@/features/cart/cartStore";
import { sessionStore } from "@/lib/session";
import { server } from "./server";

// A busy machine takes its time.
configure({ asyncUtilTimeout: 5_000 });

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
  localStorage.removeItem(CART_KEY);
  cartStore.set({ lines: [], attempt: null });
  sessionStore.set({ status: "visitor" });
  toastStore.set([]);
});

afterEach(() => {
  cleanup();
  server.resetHandlers();
});

afterAll(() => server.close());
