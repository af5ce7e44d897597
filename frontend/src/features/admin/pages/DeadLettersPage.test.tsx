import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { aLetter, aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recordRequests, server } from "@/testing/server";

const letters = (...dead_letters: object[]) => json({ dead_letters, next_cursor: null });
const LETTERS = "*/api/admin/dead-letters/products";
const PATH = `/api/admin/dead-letters/products/${"1".repeat(64)}`;

beforeEach(() => {
  startSession(aToken({ role: "admin" }));
  server.use(http.get("*/api/admin/dead-letters/orders", letters()));
});

describe("dead letter", () => {
  it("shows the event and why it failed", async () => {
    // Given
    recordRequests("get", LETTERS, letters(aLetter()));

    // When
    const { user } = openShop("/admin/dead-letters");

    // Then
    const card = (await screen.findByRole("heading", { name: "order-placed" })).closest("li");
    expect(card).toHaveTextContent("The order has no lines.");
    expect(card).toHaveTextContent("shop.orders, partition 0, offset 41");
    expect(within(card ?? document.body).getByText("1 Jan 2026")).toHaveAttribute(
      "datetime",
      "2026-01-01T00:00:00Z",
    );

    // When
    await user.click(screen.getByText("Show event"));

    // Then
    expect(screen.getByText(/"quantity": 2/)).toBeVisible();
    expect(screen.getByText("No dead letters")).toBeVisible();
  });

  it("shows an event that is not JSON unchanged", async () => {
    // Given
    recordRequests("get", LETTERS, letters(aLetter({ type: "", event: "not {json" })));

    // When
    openShop("/admin/dead-letters");

    // Then
    expect(await screen.findByRole("heading", { name: "Unreadable event" })).toBeVisible();
    expect(screen.getByText("not {json")).toBeInTheDocument();
  });

  it("leaves the list after a replay", async () => {
    // Given
    recordRequests("get", LETTERS, letters(aLetter()), letters());
    const sent = recordRequests(
      "post",
      `${LETTERS}/:id/replay`,
      json(aLetter({ status: "replayed" })),
    );
    const { user } = openShop("/admin/dead-letters");

    // When
    await user.click(await screen.findByRole("button", { name: "Replay" }));

    // Then
    await waitFor(() => expect(screen.getAllByText("No dead letters")).toHaveLength(2));
    expect(sent.map((request) => request.path)).toEqual([`${PATH}/replay`]);
    expect(screen.getByText("Event applied.")).toBeVisible();
  });

  it("stays with its history after a failed replay", async () => {
    // Given
    const failedReplay = {
      at: "2026-01-02T00:00:00Z",
      actor: "ada@example.com",
      action: "replay failed",
      detail: "Still no lines.",
    };
    recordRequests(
      "get",
      LETTERS,
      letters(aLetter()),
      letters(aLetter({ history: [failedReplay] })),
    );
    recordRequests("post", `${LETTERS}/:id/replay`, () =>
      problem(409, "replay-failed", "The event could not be applied: still no lines."),
    );
    const { user } = openShop("/admin/dead-letters");

    // When
    await user.click(await screen.findByRole("button", { name: "Replay" }));

    // Then
    expect(await screen.findByRole("alert")).toHaveTextContent("still no lines.");
    expect(await screen.findByText(/Replay failed, tried by ada@example.com/)).toHaveTextContent(
      "Still no lines.",
    );
    expect(screen.getByRole("button", { name: "Replay" })).toBeEnabled();
  });

  it.each([
    ["replay", "Replayed by"],
    ["replay failed", "Replay failed, tried by"],
    ["discard", "Discarded by"],
    ["export", "export by"],
  ])("shows who did the action %s", async (action, label) => {
    // Given
    const entry = { at: "2026-01-02T00:00:00Z", actor: "ada@example.com", action, detail: "" };
    recordRequests("get", LETTERS, letters(aLetter({ history: [entry] })));

    // When
    openShop("/admin/dead-letters");

    // Then
    const [line] = await screen.findAllByText(/ada@example.com/);
    expect(line).toHaveTextContent(`${label} ada@example.com`);
  });

  it("is discarded only with a reason", async () => {
    // Given
    recordRequests("get", LETTERS, letters(aLetter()), letters());
    const sent = recordRequests(
      "post",
      `${LETTERS}/:id/discard`,
      json(aLetter({ status: "discarded" })),
    );
    const { user } = openShop("/admin/dead-letters");

    // When
    await user.click(await screen.findByRole("button", { name: "Discard…" }));

    // Then
    const field = screen.getByLabelText("Reason for discarding");
    expect(field).toHaveFocus();

    // When
    await user.type(field, "   {Enter}");

    // Then
    expect(field).toHaveAccessibleDescription("Enter a reason.");
    expect(sent).toEqual([]);

    // When
    await user.click(screen.getByRole("button", { name: "Cancel" }));

    // Then
    expect(screen.getByRole("button", { name: "Discard…" })).toHaveFocus();

    // When
    await user.keyboard("{Enter}");
    await user.keyboard("A test of ours. {Enter}");

    // Then
    await waitFor(() => expect(screen.getAllByText("No dead letters")).toHaveLength(2));
    expect(sent).toMatchObject([{ path: `${PATH}/discard`, body: { reason: "A test of ours." } }]);
  });

  it("offers no actions after a decision", async () => {
    // Given
    const requests = recordRequests("get", LETTERS, letters(aLetter({ status: "replayed" })));

    // When
    openShop("/admin/dead-letters?status=replayed");

    // Then
    expect(await screen.findByRole("heading", { name: "order-placed" })).toBeVisible();
    expect(requests[0]?.query).toEqual({ status: "replayed" });
    expect(screen.queryByRole("button", { name: "Replay" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Discard…" })).toBeNull();
  });

  it("is shown even if the other service is unavailable", async () => {
    // Given
    recordRequests("get", LETTERS, letters(aLetter()));
    server.use(
      http.get("*/api/admin/dead-letters/orders", () =>
        HttpResponse.json({ detail: "Orders are unavailable.", status: 503 }, { status: 503 }),
      ),
    );

    // When
    openShop("/admin/dead-letters");

    // Then
    expect(await screen.findByRole("heading", { name: "order-placed" })).toBeVisible();
    const other = screen.getByRole("region", { name: "Orders" });
    expect(await within(other).findByText("Orders are unavailable.")).toBeVisible();
    expect(within(other).getByRole("button", { name: "Try again" })).toBeVisible();
  });
});
