import { delay, HttpResponse, http as mock } from "msw";
import { describe, expect, it, vi } from "vitest";
import { aToken } from "@/testing/data";
import { problem, server } from "@/testing/server";
import { http } from "./http";
import { Problem } from "./problem";
import { currentSession, sessionStore, startSession } from "./session";

const ADDRESS = "http://shop.test/api/me";

function acceptOnly(good: string, bodies: string[]) {
  server.use(
    mock.post("*/api/me", async ({ request }) => {
      bodies.push(await request.text());
      const isValid = request.headers.get("Authorization") === `Bearer ${good}`;
      return isValid
        ? HttpResponse.json({ fine: true })
        : problem(401, "unauthenticated", "Sign in first.");
    }),
  );
}

describe("expired token", () => {
  it("is refreshed once and the request repeated with its body", async () => {
    // Given
    const [old, fresh] = [aToken({ jti: "old" }), aToken({ jti: "fresh" })];
    const bodies: string[] = [];
    acceptOnly(fresh, bodies);
    server.use(mock.post("*/api/refresh", () => HttpResponse.json({ access_token: fresh })));
    startSession(old);

    // When
    const response = await http(ADDRESS, { method: "POST", body: "hello" });

    // Then
    expect(await response.json()).toEqual({ fine: true });
    expect(bodies).toEqual(["hello", "hello"]);
    expect(currentSession()?.token).toBe(fresh);
  });

  it("is refreshed by one request for several callers", async () => {
    const [old, fresh] = [aToken({ jti: "old" }), aToken({ jti: "fresh" })];
    const refresh = vi.fn(() => HttpResponse.json({ access_token: fresh }));
    acceptOnly(fresh, []);
    server.use(mock.post("*/api/refresh", refresh));
    startSession(old);

    await Promise.all([1, 2, 3].map(() => http(ADDRESS, { method: "POST" })));

    expect(refresh).toHaveBeenCalledTimes(1);
  });

  it("ends the session if it cannot be refreshed", async () => {
    acceptOnly("none", []);
    server.use(mock.post("*/api/refresh", () => problem(401, "unauthenticated", "Over.")));
    startSession(aToken());

    await expect(http(ADDRESS, { method: "POST" })).rejects.toMatchObject({ status: 401 });
    expect(sessionStore.get()).toEqual({ status: "visitor" });
  });

  it("keeps the session if the server cannot refresh it now", async () => {
    acceptOnly("none", []);
    server.use(mock.post("*/api/refresh", () => problem(503, "unavailable", "Busy.")));
    startSession(aToken());

    await expect(http(ADDRESS, { method: "POST" })).rejects.toMatchObject({ status: 503 });
    expect(sessionStore.get().status).toBe("signed-in");
  });
});

describe("request", () => {
  it("without a session sends no token and does not retry after 401", async () => {
    const bodies: string[] = [];
    acceptOnly("none", bodies);
    await expect(http(ADDRESS, { method: "POST" })).rejects.toBeInstanceOf(Problem);
    expect(bodies).toHaveLength(1);
  });

  it.each([
    ["GET", true, "We couldn't reach the shop", "The connection was interrupted. Try again."],
    [
      "POST",
      true,
      "We couldn't reach the shop",
      "The connection was interrupted. Try again. Your change may or may not have been made.",
    ],
    ["GET", false, "You are offline", "Try again when you are back online."],
    ["POST", false, "You are offline", "Nothing was sent. Try again when you are back online."],
  ])("%s that fails while online is %s says why", async (method, isOnline, title, message) => {
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(isOnline);
    server.use(mock.all("*/api/me", () => HttpResponse.error()));
    await expect(http(ADDRESS, { method })).rejects.toMatchObject({ status: 0, title, message });
    vi.restoreAllMocks();
  });

  it("that loses its connection says that the change may have been made", async () => {
    // Given
    const onLine = vi.spyOn(navigator, "onLine", "get").mockReturnValue(true);
    server.use(
      mock.post("*/api/me", () => {
        onLine.mockReturnValue(false);
        return HttpResponse.error();
      }),
    );

    // Then
    await expect(http(ADDRESS, { method: "POST" })).rejects.toMatchObject({
      title: "You are offline",
      message: "Check your connection and try again. Your change may or may not have been made.",
    });
    vi.restoreAllMocks();
  });

  it.each([
    ["GET", "The shop did not respond in time. Try again in a moment."],
    [
      "DELETE",
      "The shop did not respond in time. Try again in a moment. Your change may or may not have been made.",
    ],
  ])("%s that hangs is given up", async (method, message) => {
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort());
    server.use(mock.all("*/api/me", () => delay("infinite")));
    await expect(http(ADDRESS, { method })).rejects.toMatchObject({ isTimeout: true, message });
    vi.restoreAllMocks();
  });

  it("stays aborted if it was aborted", async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(http(ADDRESS, { signal: controller.signal })).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});

describe("response that was requested early", () => {
  it("is used once", async () => {
    // Given
    const early = HttpResponse.json({ isEarly: true });
    window.earlyResponse = { url: ADDRESS, response: Promise.resolve(early) };
    server.use(mock.get("*/api/me", () => HttpResponse.json({ isEarly: false })));

    // Then
    expect(await (await http(ADDRESS)).json()).toEqual({ isEarly: true });
    expect(await (await http(ADDRESS)).json()).toEqual({ isEarly: false });
  });

  it.each([
    ["it failed", ADDRESS, () => Promise.reject(new TypeError())],
    ["it is an error", ADDRESS, async () => new HttpResponse(null, { status: 503 })],
    ["it has another address", `${ADDRESS}?v=2`, async () => HttpResponse.json({})],
  ])("is not used if %s", async (_, url, send) => {
    // Given
    window.earlyResponse = { url, response: send() };
    server.use(mock.get("*/api/me", () => HttpResponse.json({ isEarly: false })));

    // Then
    expect(await (await http(ADDRESS)).json()).toEqual({ isEarly: false });
    delete window.earlyResponse;
  });
});
