import { HttpResponse, http as mock } from "msw";
import { describe, expect, it, vi } from "vitest";
import { aToken } from "@/testing/data";
import { problem, server } from "@/testing/server";
import { http } from "./http";
import { Problem } from "./problem";
import { currentSession, sessionStore, startSession } from "./session";

const ADDRESS = "http://shop.test/api/me";

function refusesTokensBut(good: string, seen: string[]) {
  server.use(
    mock.post("*/api/me", async ({ request }) => {
      seen.push(await request.text());
      const isGood = request.headers.get("Authorization") === `Bearer ${good}`;
      return isGood
        ? HttpResponse.json({ fine: true })
        : problem(401, "unauthenticated", "Who are you?");
    }),
  );
}

describe("an expired token", () => {
  it("is replaced once and the request is sent again with its body", async () => {
    const [old, fresh] = [aToken({ jti: "old" }), aToken({ jti: "fresh" })];
    const bodies: string[] = [];
    refusesTokensBut(fresh, bodies);
    server.use(mock.post("*/api/refresh", () => HttpResponse.json({ access_token: fresh })));
    startSession(old);

    const response = await http(ADDRESS, { method: "POST", body: "hello" });

    expect(await response.json()).toEqual({ fine: true });
    expect(bodies).toEqual(["hello", "hello"]);
    expect(currentSession()?.token).toBe(fresh);
  });

  it("is replaced by one request where several find it expired at once", async () => {
    const [old, fresh] = [aToken({ jti: "old" }), aToken({ jti: "fresh" })];
    const refresh = vi.fn(() => HttpResponse.json({ access_token: fresh }));
    refusesTokensBut(fresh, []);
    server.use(mock.post("*/api/refresh", refresh));
    startSession(old);

    await Promise.all([1, 2, 3].map(() => http(ADDRESS, { method: "POST" })));

    expect(refresh).toHaveBeenCalledTimes(1);
  });

  it("that can't be replaced ends the session", async () => {
    refusesTokensBut("none", []);
    server.use(mock.post("*/api/refresh", () => problem(401, "unauthenticated", "Over.")));
    startSession(aToken());

    await expect(http(ADDRESS, { method: "POST" })).rejects.toMatchObject({ status: 401 });
    expect(sessionStore.get()).toEqual({ status: "visitor" });
  });

  it("stays where the server can't say whether the session goes on", async () => {
    refusesTokensBut("none", []);
    server.use(mock.post("*/api/refresh", () => problem(503, "unavailable", "Busy.")));
    startSession(aToken());

    await expect(http(ADDRESS, { method: "POST" })).rejects.toMatchObject({ status: 503 });
    expect(sessionStore.get().status).toBe("signed-in");
  });
});

describe("a request", () => {
  it("of a visitor carries no token, and a 401 is not tried again", async () => {
    const bodies: string[] = [];
    refusesTokensBut("none", bodies);
    await expect(http(ADDRESS, { method: "POST" })).rejects.toBeInstanceOf(Problem);
    expect(bodies).toHaveLength(1);
  });

  it("that does not get through says so", async () => {
    server.use(mock.get("*/api/me", () => HttpResponse.error()));
    await expect(http(ADDRESS)).rejects.toMatchObject({ status: 0, title: "You are offline" });
  });

  it("that was given up stays an abort", async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(http(ADDRESS, { signal: controller.signal })).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});
