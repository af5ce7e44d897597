import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { aLetter, aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recorded, server } from "@/testing/server";

const letters = (...dead_letters: object[]) => json({ dead_letters, next_cursor: null });
const LETTERS = "*/api/admin/dead-letters/products";
const PATH = `/api/admin/dead-letters/products/${"1".repeat(64)}`;

beforeEach(() => {
  startSession(aToken({ role: "admin" }));
  server.use(http.get("*/api/admin/dead-letters/orders", letters()));
});

describe("a parked event", () => {
  it("says what failed and why, and can be read", async () => {
    recorded("get", LETTERS, letters(aLetter()));
    const { user } = openShop("/admin/parked");
    const card = (await screen.findByRole("heading", { name: "order-placed" })).closest("li");
    expect(card).toHaveTextContent("The order has no lines.");
    expect(card).toHaveTextContent("shop.orders, partition 0, offset 41");
    expect(within(card ?? document.body).getByText("1 Jan 2026")).toHaveAttribute(
      "datetime",
      "2026-01-01T00:00:00Z",
    );
    await user.click(screen.getByText("The event"));
    expect(screen.getByText(/"quantity": 2/)).toBeVisible();
    expect(screen.getByText("Nothing is parked")).toBeVisible();
  });

  it("that is no JSON is shown as it is", async () => {
    recorded("get", LETTERS, letters(aLetter({ type: "", event: "not {json" })));
    openShop("/admin/parked");
    expect(await screen.findByRole("heading", { name: "Unreadable event" })).toBeVisible();
    expect(screen.getByText("not {json")).toBeInTheDocument();
  });

  it("is replayed, and leaves the list", async () => {
    recorded("get", LETTERS, letters(aLetter()), letters());
    const sent = recorded("post", `${LETTERS}/:id/replay`, json(aLetter({ status: "replayed" })));
    const { user } = openShop("/admin/parked");
    await user.click(await screen.findByRole("button", { name: "Replay" }));
    await waitFor(() => expect(screen.getAllByText("Nothing is parked")).toHaveLength(2));
    expect(sent.map((each) => each.path)).toEqual([`${PATH}/replay`]);
    expect(screen.getByText("The event is applied now.")).toBeVisible();
  });

  it("that fails again stays, with what was tried", async () => {
    const step = {
      at: "2026-01-02T00:00:00Z",
      actor: "ada@example.com",
      action: "replay failed",
      detail: "Still no lines.",
    };
    recorded("get", LETTERS, letters(aLetter()), letters(aLetter({ history: [step] })));
    recorded("post", `${LETTERS}/:id/replay`, () =>
      problem(409, "replay-failed", "The event could not be applied: still no lines."),
    );
    const { user } = openShop("/admin/parked");
    await user.click(await screen.findByRole("button", { name: "Replay" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("still no lines.");
    expect(await screen.findByText(/replay failed by ada@example.com/)).toHaveTextContent(
      "Still no lines.",
    );
    expect(screen.getByRole("button", { name: "Replay" })).toBeEnabled();
  });

  it("is discarded for a reason, and never without one", async () => {
    recorded("get", LETTERS, letters(aLetter()), letters());
    const sent = recorded("post", `${LETTERS}/:id/discard`, json(aLetter({ status: "discarded" })));
    const { user } = openShop("/admin/parked");
    await user.click(await screen.findByRole("button", { name: "Discard…" }));
    const field = screen.getByLabelText("Why it can be discarded");
    expect(field).toHaveFocus();
    await user.type(field, "   {Enter}");
    expect(screen.getByRole("button", { name: "Discard" })).toBeDisabled();
    expect(sent).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Keep it" }));
    expect(screen.getByRole("button", { name: "Discard…" })).toHaveFocus();
    await user.keyboard("{Enter}");
    await user.keyboard("A test of ours. {Enter}");
    await waitFor(() => expect(screen.getAllByText("Nothing is parked")).toHaveLength(2));
    expect(sent).toMatchObject([{ path: `${PATH}/discard`, body: { reason: "A test of ours." } }]);
  });

  it("that was decided is shown without a choice", async () => {
    const asked = recorded("get", LETTERS, letters(aLetter({ status: "replayed" })));
    openShop("/admin/parked?status=replayed");
    expect(await screen.findByRole("heading", { name: "order-placed" })).toBeVisible();
    expect(asked[0]?.query).toEqual({ status: "replayed" });
    expect(screen.queryByRole("button", { name: "Replay" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Discard…" })).toBeNull();
  });

  it("of one service is shown while the other is away", async () => {
    recorded("get", LETTERS, letters(aLetter()));
    server.use(
      http.get("*/api/admin/dead-letters/orders", () =>
        HttpResponse.json({ detail: "The orders are away.", status: 503 }, { status: 503 }),
      ),
    );
    openShop("/admin/parked");
    expect(await screen.findByRole("heading", { name: "order-placed" })).toBeVisible();
    const other = screen.getByRole("region", { name: "In orders" });
    expect(await within(other).findByText("The orders are away.")).toBeVisible();
    expect(within(other).getByRole("button", { name: "Try again" })).toBeVisible();
  });
});
