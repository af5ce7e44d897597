import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import type { MailBody } from "@/api";
import { startSession } from "@/lib/session";
import { aMail, aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recordRequests, server } from "@/testing/server";

const mails = (...list: MailBody[]) => json({ mails: list, next_cursor: null });
const MAILS = "*/api/admin/mails/authentication";
const PATH = `/api/admin/mails/authentication/${"2".repeat(32)}`;

beforeEach(() => {
  startSession(aToken({ role: "admin" }));
  server.use(http.get("*/api/admin/mails/orders", mails()));
});

describe("parked mail", () => {
  it("shows its recipient and the server's answer", async () => {
    // Given
    const requests = recordRequests("get", MAILS, mails(aMail()));

    // When
    openShop("/admin/mails");

    // Then
    const card = (await screen.findByRole("heading", { name: "Email verification" })).closest("li");
    expect(card).toHaveTextContent("To ada@example.com");
    expect(card).toHaveTextContent("550 no such mailbox");
    expect(card).toHaveTextContent("1 attempt failed");
    expect(await screen.findByText("Mails that can't be sent will appear here.")).toBeVisible();
    expect(screen.getByRole("link", { name: "Mails" })).toHaveAttribute("aria-current", "page");
    expect(requests[0]?.query).toEqual({ status: "parked" });
  });

  it("is sent again, and leaves the list", async () => {
    // Given
    recordRequests("get", MAILS, mails(aMail()), mails());
    const sent = recordRequests("post", `${MAILS}/:id/send`, json(aMail({ status: "waiting" })));
    const { user } = openShop("/admin/mails");

    // When
    await user.click(await screen.findByRole("button", { name: "Send again" }));

    // Then
    await waitFor(() => expect(screen.getAllByText("No mails")).toHaveLength(2));
    expect(screen.getByText("The mail is being sent again.")).toBeVisible();
    expect(sent.map(({ path }) => path)).toEqual([`${PATH}/send`]);
  });

  it("is discarded only with a reason", async () => {
    // Given
    recordRequests("get", MAILS, mails(aMail()), mails());
    const sent = recordRequests(
      "post",
      `${MAILS}/:id/discard`,
      json(aMail({ status: "discarded" })),
    );
    const { user } = openShop("/admin/mails");

    // When
    await user.click(await screen.findByRole("button", { name: "Discard…" }));
    await user.keyboard("{Enter}");

    // Then
    expect(screen.getByLabelText("Reason for discarding")).toHaveAccessibleDescription(
      "Enter a reason.",
    );
    expect(sent).toEqual([]);

    // When
    await user.keyboard("The account was a test.{Enter}");

    // Then
    await waitFor(() => expect(screen.getAllByText("No mails")).toHaveLength(2));
    expect(sent).toMatchObject([
      { path: `${PATH}/discard`, body: { reason: "The account was a test." } },
    ]);
  });

  it("says so if another admin was faster", async () => {
    // Given
    recordRequests("get", MAILS, mails(aMail()), mails(aMail({ reason: "Another reason." })));
    recordRequests("post", `${MAILS}/:id/send`, () =>
      problem(409, "mail-not-parked", "The mail does not wait for an admin."),
    );
    const { user } = openShop("/admin/mails");

    // When
    await user.click(await screen.findByRole("button", { name: "Send again" }));

    // Then
    expect(await screen.findByRole("alert")).toHaveTextContent("does not wait for an admin.");
    expect(await screen.findByText("Another reason.")).toBeVisible();
  });
});

describe("the list of mails", () => {
  it("shows those with another status, without actions", async () => {
    // Given
    const sent = aMail({ status: "sent", attempts: 0, reason: null });
    const requests = recordRequests("get", MAILS, mails(), mails(sent));
    const { user } = openShop("/admin/mails");

    // When
    await user.selectOptions(await screen.findByLabelText("Show"), "Sent");

    // Then
    const card = (await screen.findByRole("heading", { name: "Email verification" })).closest("li");
    expect(card).toHaveTextContent("Sent 1 Jan 2026");
    expect(screen.queryByRole("button", { name: "Send again" })).toBeNull();
    expect(location.search).toBe("?status=sent");
    expect(requests.map(({ query }) => query.status)).toEqual(["parked", "sent"]);
  });

  it("is shown even if the other service is unavailable", async () => {
    // Given
    recordRequests("get", MAILS, mails(aMail()));
    server.use(
      http.get("*/api/admin/mails/orders", () =>
        HttpResponse.json({ detail: "Orders are unavailable.", status: 503 }, { status: 503 }),
      ),
    );

    // When
    openShop("/admin/mails");

    // Then
    expect(await screen.findByRole("heading", { name: "Email verification" })).toBeVisible();
    const other = screen.getByRole("region", { name: "Orders" });
    expect(await within(other).findByText("Orders are unavailable.")).toBeVisible();
  });
});
