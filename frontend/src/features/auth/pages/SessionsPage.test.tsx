import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import type { SessionBody } from "@/api";
import { sessionStore, startSession } from "@/lib/session";
import { aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recordRequests } from "@/testing/server";

const PATH = "*/api/me/sessions";

function aSession(part: Partial<SessionBody> = {}): SessionBody {
  return {
    id: "1".repeat(32),
    device: "Firefox on Windows",
    started_at: "2026-01-01T00:00:00Z",
    last_used_at: "2026-01-02T00:00:00Z",
    current: false,
    ...part,
  };
}
const current = aSession({ id: "2".repeat(32), device: "Safari on iPhone", current: true });
const sessions = (...list: SessionBody[]) => json({ sessions: list });

async function cardOf(device: string): Promise<HTMLElement> {
  const card = (await screen.findByRole("heading", { name: device })).closest("li");
  return card ?? document.body;
}

beforeEach(() => startSession(aToken()));

describe("sessions", () => {
  it("show the device and its last use, and mark the current one", async () => {
    recordRequests("get", PATH, sessions(current, aSession()));
    openShop("/account/sessions");
    const own = await cardOf("Safari on iPhone");
    const other = await cardOf("Firefox on Windows");
    expect(own).toHaveTextContent("This device");
    expect(within(own).queryByRole("button")).toBeNull();
    expect(other).toHaveTextContent("Last used 2 Jan 2026, signed in 1 Jan 2026");
    expect(within(other).queryByText("This device")).toBeNull();
  });

  it("end on another device only", async () => {
    // Given
    recordRequests("get", PATH, sessions(current, aSession()), sessions(current));
    const ended = recordRequests("delete", `${PATH}/:id`);
    const { user } = openShop("/account/sessions");

    // When
    await user.click(await screen.findByRole("button", { name: "Sign out: Firefox on Windows" }));

    // Then
    expect(await screen.findByText("Signed out: Firefox on Windows.")).toBeVisible();
    await waitFor(() => expect(screen.queryByRole("button", { name: /^Sign out: / })).toBeNull());
    expect(ended.map(({ path }) => path)).toEqual([`/api/me/sessions/${"1".repeat(32)}`]);
    expect(sessionStore.get().status).toBe("signed-in");
  });

  it("say why one has not ended", async () => {
    recordRequests("get", PATH, sessions(current, aSession()));
    recordRequests("delete", `${PATH}/:id`, () => problem(503, "unavailable", "Try later."));
    const { user } = openShop("/account/sessions");
    await user.click(await screen.findByRole("button", { name: "Sign out: Firefox on Windows" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Try later.");
    expect(screen.getByRole("button", { name: "Sign out: Firefox on Windows" })).toBeEnabled();
  });

  it("all end after a confirmation, on this device too", async () => {
    // Given
    recordRequests("get", PATH, sessions(current));
    const ended = recordRequests("delete", PATH);
    const { user } = openShop("/account/sessions");

    // When
    await user.click(await screen.findByRole("button", { name: "Sign out everywhere…" }));
    const dialog = await screen.findByRole("dialog", { name: "Sign out everywhere?" });
    await user.click(within(dialog).getByRole("button", { name: "Cancel" }));

    // Then
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(ended).toEqual([]);

    // When
    await user.click(screen.getByRole("button", { name: "Sign out everywhere…" }));
    await user.click(await screen.findByRole("button", { name: "Sign out everywhere" }));

    // Then
    await waitFor(() => expect(location.pathname).toBe("/sign-in"));
    expect(sessionStore.get().status).toBe("visitor");
    expect(ended).toHaveLength(1);
  });

  it("stay if they could not be ended", async () => {
    recordRequests("get", PATH, sessions(current));
    recordRequests("delete", PATH, () => problem(503, "unavailable", "Try later."));
    const { user } = openShop("/account/sessions");
    await user.click(await screen.findByRole("button", { name: "Sign out everywhere…" }));
    await user.click(await screen.findByRole("button", { name: "Sign out everywhere" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Try later.");
    expect(sessionStore.get().status).toBe("signed-in");
  });
});
