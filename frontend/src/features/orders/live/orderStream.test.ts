import { HttpResponse, http } from "msw";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { anOrder, aToken } from "@/testing/data";
import { locks } from "@/testing/locks";
import { server, streamTells } from "@/testing/server";

const accepted = anOrder({ status: "ACCEPTED" });
const event = (id: string, order = accepted) =>
  `event: order\nid: ${id}\ndata: ${JSON.stringify(order)}\n\n`;

/** A tab has its own modules, and shares locks and channels with the others. */
async function openTab(token = aToken()) {
  vi.resetModules();
  const { startSession, endSession } = await import("@/lib/session");
  const { watchOrders, liveStore } = await import("./orderStream");
  startSession(token);
  const heard: string[] = [];
  let leave = () => {};
  return {
    heard,
    endSession,
    startSession,
    isLive: liveStore.get,
    watch() {
      leave = watchOrders((orders) => heard.push(...orders.map((each) => each.status)));
      tabs.push(leave);
    },
    leave: () => leave(),
  };
}
const tabs: (() => void)[] = [];

beforeEach(() => {
  Object.defineProperty(navigator, "locks", { value: locks(), configurable: true });
});

afterEach(() => {
  for (const leave of tabs.splice(0)) leave();
  Reflect.deleteProperty(navigator, "locks");
});

describe("two tabs", () => {
  it("share one stream, and both hear what it tells", async () => {
    const stream = streamTells();
    const [one, other] = [await openTab(), await openTab()];
    one.watch();
    await vi.waitFor(() => expect(one.isLive()).toBe(true));
    other.watch();
    await vi.waitFor(() => expect(other.isLive()).toBe(true));
    stream.tell(event("7"));
    await vi.waitFor(() => expect([one.heard, other.heard]).toEqual([["ACCEPTED"], ["ACCEPTED"]]));
    expect(stream.connections).toEqual([null]);
  });

  it("hand it on: the second goes on where the first stopped", async () => {
    const stream = streamTells();
    const [one, other] = [await openTab(), await openTab()];
    one.watch();
    await vi.waitFor(() => expect(one.isLive()).toBe(true));
    other.watch();
    stream.tell(event("7"));
    await vi.waitFor(() => expect(other.heard).toEqual(["ACCEPTED"]));
    one.leave();
    await vi.waitFor(() => expect(stream.connections).toEqual([null, "7"]));
    await vi.waitFor(() => expect(other.isLive()).toBe(true));
    stream.tell(event("8", anOrder({ status: "CANCELLED" })));
    await vi.waitFor(() => expect(other.heard).toEqual(["ACCEPTED", "CANCELLED"]));
    expect(one.heard).toEqual(["ACCEPTED"]);
  });
});

describe("the stream", () => {
  it("is closed when nobody watches, and opened again by the next", async () => {
    const stream = streamTells(event("7"));
    const tab = await openTab();
    expect(stream.connections).toEqual([]);
    tab.watch();
    await vi.waitFor(() => expect(tab.heard).toHaveLength(1));
    tab.leave();
    expect(tab.isLive()).toBe(false);
    await vi.waitFor(() => expect(stream.openCount()).toBe(0));
    tab.watch();
    await vi.waitFor(() => expect(stream.connections).toEqual([null, "7"]));
  });

  it("that ends is opened again after a moment, from the last id", async () => {
    const stream = streamTells();
    const tab = await openTab();
    tab.watch();
    await vi.waitFor(() => expect(tab.isLive()).toBe(true));
    stream.tell(event("7"));
    await vi.waitFor(() => expect(tab.heard).toHaveLength(1));
    stream.end();
    await vi.waitFor(() => expect(tab.isLive()).toBe(false));
    await vi.waitFor(() => expect(stream.connections).toEqual([null, "7"]), 5_000);
    await vi.waitFor(() => expect(tab.isLive()).toBe(true));
  });

  it("that can't be had leaves the tab without it", async () => {
    const asked = vi.fn(() => HttpResponse.error());
    server.use(http.get("*/api/orders/stream", asked));
    const tab = await openTab();
    tab.watch();
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
    expect(tab.isLive()).toBe(false);
    expect(tab.heard).toEqual([]);
  });

  it("of the next person begins anew", async () => {
    const stream = streamTells();
    const tab = await openTab();
    tab.watch();
    await vi.waitFor(() => expect(tab.isLive()).toBe(true));
    stream.tell(event("7"));
    await vi.waitFor(() => expect(tab.heard).toHaveLength(1));
    tab.leave();
    tab.endSession();
    tab.startSession(aToken({ email: "ben@example.com" }));
    tab.watch();
    await vi.waitFor(() => expect(stream.connections).toEqual([null, null]));
  });

  it("is each tab's own where the browser has no locks", async () => {
    Reflect.deleteProperty(navigator, "locks");
    const stream = streamTells();
    const tab = await openTab();
    tab.watch();
    await vi.waitFor(() => expect(tab.isLive()).toBe(true));
    stream.tell(`event: snapshot\nid: 3\ndata: ${JSON.stringify({ orders: [accepted] })}\n\n`);
    await vi.waitFor(() => expect(tab.heard).toEqual(["ACCEPTED"]));
  });
});
