import { HttpResponse, http } from "msw";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { aToken } from "@/testing/data";
import { fakeLocks } from "@/testing/fakeLocks";
import { json, recordRequests, server } from "@/testing/server";
import { endSession, resumeSession, sessionStore, startSession } from "./session";

const MARKER = "shop-signed-in-8080";

beforeEach(() => {
  for (const pair of document.cookie.split("; ")) {
    // biome-ignore lint/suspicious/noDocumentCookie: it is what a browser without the new interface has.
    document.cookie = `${pair.split("=")[0]}=; Max-Age=0`;
  }
});

describe("page load", () => {
  it("requests no token if the browser has no marker", async () => {
    // Given
    const refresh = vi.fn();
    server.use(http.post("*/api/refresh", refresh));

    // When
    await resumeSession();

    // Then
    expect(refresh).not.toHaveBeenCalled();
    expect(sessionStore.get()).toEqual({ status: "visitor" });
  });

  it("requests no token if the browser has only other cookies", async () => {
    // Given
    const refresh = vi.fn();
    server.use(http.post("*/api/refresh", refresh));
    for (const name of ["shop-signed-in", "my-shop-signed-in-8080", "shop-signed-in-x"]) {
      // biome-ignore lint/suspicious/noDocumentCookie: as above.
      document.cookie = `${name}=1`;
    }

    // When
    await resumeSession();

    // Then
    expect(refresh).not.toHaveBeenCalled();
  });

  it("restores the session if the browser has a marker, whatever the port of the page", async () => {
    // Given
    expect(location.port).not.toBe("8080");
    // biome-ignore lint/suspicious/noDocumentCookie: as above.
    document.cookie = `${MARKER}=1`;
    server.use(
      http.post("*/api/refresh", () =>
        HttpResponse.json({ access_token: aToken({ role: "admin" }) }),
      ),
    );

    // When
    await resumeSession();

    // Then
    expect(sessionStore.get()).toMatchObject({ status: "signed-in", session: { role: "admin" } });
  });
});

describe("session", () => {
  it("expires by this computer's clock", () => {
    startSession(aToken({ iat: 0, exp: 900 }));
    const state = sessionStore.get();
    const expiresAt = state.status === "signed-in" ? state.session.expiresAt : 0;
    expect(expiresAt - Date.now()).toBeGreaterThan(899_000);
  });

  it("notifies otherTab tabs of its start and end", async () => {
    // Given
    const otherTab = new BroadcastChannel("kiosk-session");
    const messages: string[] = [];

    // When
    otherTab.onmessage = ({ data }) => messages.push(data.type);
    startSession(aToken());
    endSession();

    // Then
    await vi.waitFor(() => expect(messages).toEqual(["session", "signed-out"]));

    // When
    otherTab.close();
  });

  it("stores no token where scripts could read it", () => {
    startSession(aToken());
    const stored = JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]);
    expect(stored).not.toContain("signature");
  });
});

describe("two tabs with an expired token", () => {
  afterEach(() => Reflect.deleteProperty(navigator, "locks"));

  it("share one refresh", async () => {
    // Given
    Object.defineProperty(navigator, "locks", { value: fakeLocks(), configurable: true });
    const [stale, fresh] = [aToken({ jti: "stale" }), aToken({ jti: "fresh" })];
    const requests = recordRequests("post", "*/api/refresh", json({ access_token: fresh }));
    const tabs: typeof import("./session")[] = [];

    // When
    for (let count = 0; count < 2; count += 1) {
      vi.resetModules();
      tabs.push(await import("./session"));
    }

    // Then
    tabs[0]?.startSession(stale);
    await vi.waitFor(() => expect(tabs[1]?.currentSession()?.token).toBe(stale));
    await Promise.all(tabs.map((tab) => tab.refreshSession(stale)));
    expect(requests).toHaveLength(1);
    expect(tabs.map((tab) => tab.currentSession()?.token)).toEqual([fresh, fresh]);
  });
});
