import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { guardPage, shopNavigator, visitStore } from "./visits";

/** Press the browser's back or forward button, and wait until it has an effect. */
async function go(delta: number) {
  const popped = new Promise((resolve) => addEventListener("popstate", resolve, { once: true }));
  history.go(delta);
  await popped;
}

/** Ask before the page is left. Return what leaves it, once for each question. */
function ask() {
  const questions: (() => void)[] = [];
  const stop = guardPage((leave) => {
    questions.push(leave);
    return true;
  });
  onTestFinished(stop);
  return { questions, stop };
}

const shown = () => visitStore.get().location.pathname;

/** Wait until both the address bar and the router show a page. */
const waitForPage = (path: string) =>
  vi.waitFor(() => expect([location.pathname, shown()]).toEqual([path, path]));

beforeEach(() => {
  for (const path of ["/first", "/second", "/form", "/fourth", "/fifth"]) shopNavigator.push(path);
});

describe("visit", () => {
  it("follows links and the browser's buttons", async () => {
    expect(visitStore.get()).toMatchObject({ type: "PUSH", location: { pathname: "/fifth" } });
    const { key } = visitStore.get().location;

    // When
    await go(-2);

    // Then
    expect(visitStore.get()).toMatchObject({ type: "POP", location: { pathname: "/form" } });

    // When
    await go(2);

    // Then
    expect(visitStore.get().location).toMatchObject({ pathname: "/fifth", key });
  });

  it("adds one entry for two clicks on the same link", async () => {
    // When
    shopNavigator.push("/products?q=mug#top");
    shopNavigator.push("/products?q=mug#top");

    // Then
    expect(visitStore.get().type).toBe("REPLACE");

    // When
    await go(-1);

    // Then
    expect(shown()).toBe("/fifth");
  });

  it("replaces an entry without adding one", async () => {
    // When
    shopNavigator.replace("/other");
    await go(-1);

    // Then
    expect(shown()).toBe("/fourth");
    await go(1);
    expect(shown()).toBe("/other");
  });

  it("keeps the scroll position if the link says so", () => {
    shopNavigator.push("/fifth?q=mug", null, { preventScrollReset: true });
    expect(visitStore.get().keepsScrollPosition).toBe(true);
    shopNavigator.push("/sixth");
    expect(visitStore.get().keepsScrollPosition).toBe(false);
  });

  it("has another key after a link within the page", async () => {
    // Given
    const { key } = visitStore.get().location;

    // When
    const popped = new Promise((resolve) => addEventListener("popstate", resolve, { once: true }));
    location.hash = "main";
    await popped;

    // Then
    expect(visitStore.get().location).toMatchObject({ pathname: "/fifth", hash: "#main" });
    expect(visitStore.get().location.key).not.toBe(key);

    // When
    await go(-1);

    // Then
    expect(visitStore.get().location).toMatchObject({ hash: "", key });
  });
});

describe("guarded page", () => {
  beforeEach(() => go(-2));

  it.each([
    ["push", "/other"],
    ["replace", "/other"],
  ] as const)("waits for the answer before a %s", async (method, path) => {
    // Given
    const { questions } = ask();

    // When
    shopNavigator[method](path);

    // Then
    expect([location.pathname, shown()]).toEqual(["/form", "/form"]);

    // When
    questions[0]?.();

    // Then
    expect([location.pathname, shown()]).toEqual(["/other", "/other"]);
    expect(questions).toHaveLength(1);
  });

  it.each([
    [-1, "/second"],
    [-2, "/first"],
    [1, "/fourth"],
    [2, "/fifth"],
  ])("stays after a step of %i, and leaves by the same step", async (delta, target) => {
    // Given
    const { questions } = ask();

    // When
    await go(delta);

    // Then
    await waitForPage("/form");
    expect(questions).toHaveLength(1);

    // When
    questions[0]?.();

    // Then
    await waitForPage(target);
    expect(questions).toHaveLength(1);
  });

  it("keeps every entry when the user stays", async () => {
    // Given
    const { stop } = ask();
    await go(-1);
    await waitForPage("/form");
    await go(1);
    await waitForPage("/form");
    stop();

    // When
    const visited: string[] = [];
    await go(-2);
    for (let step = 0; step < 5; step += 1) {
      visited.push(shown());
      if (step < 4) await go(1);
    }

    // Then
    expect(visited).toEqual(["/first", "/second", "/form", "/fourth", "/fifth"]);
  });

  it("stays after several quick steps back", async () => {
    // Given
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { questions } = ask();

    // When
    await go(-1);
    await go(-1);
    vi.runAllTimers();
    vi.useRealTimers();

    // Then
    await waitForPage("/form");
    expect(questions).toHaveLength(2);

    // When
    questions[1]?.();

    // Then
    await waitForPage("/first");
  });

  it("does not ask about a link within the page", async () => {
    // Given
    const { questions } = ask();

    // When
    const popped = new Promise((resolve) => addEventListener("popstate", resolve, { once: true }));
    location.hash = "main";
    await popped;

    // Then
    expect(questions).toEqual([]);
    expect(visitStore.get().location.hash).toBe("#main");
  });

  it("is left without a question when its guard is gone", async () => {
    // Given
    const { questions, stop } = ask();
    stop();

    // When
    await go(-1);

    // Then
    expect(shown()).toBe("/second");
    expect(questions).toEqual([]);
  });
});
