import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { anAuditEntry, aToken, MUG_ID, ORDER_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recordRequests } from "@/testing/server";

const page = (...entries: object[]) => json({ entries, next_cursor: null });

beforeEach(() => startSession(aToken({ role: "admin" })));

describe("the audit", () => {
  it("shows who changed what, and only the values that changed", async () => {
    // Given
    recordRequests("get", "*/api/admin/audit/products", page(anAuditEntry()));

    // When
    openShop("/admin/audit");

    // Then
    const row = await screen.findByRole("row", { name: /grace@example.com/ });
    expect(within(row).getByText("Changed a product")).toBeVisible();
    expect(within(row).getByRole("link", { name: "mug" })).toHaveAttribute(
      "href",
      `/admin/products?edit=${MUG_ID}`,
    );
    const values = within(row)
      .getAllByRole("listitem")
      .map((item) => item.textContent);
    expect(values).toEqual(["Price: 14.50 17.00", "Categories: kitchen "]);
  });

  it("applies the filters in the URL", async () => {
    // Given
    const requests = recordRequests(
      "get",
      "*/api/admin/audit/orders",
      page(
        anAuditEntry({
          action: "cancel order",
          subject: ORDER_ID,
          before: { status: "ACCEPTED" },
          after: { status: "CANCELLED" },
        }),
      ),
    );

    // When
    openShop(
      "/admin/audit?of=orders&action=cancel+order&actor=grace&since=2026-01-01&until=2026-01-31",
    );

    // Then
    expect(await screen.findByRole("link", { name: ORDER_ID })).toHaveAttribute(
      "href",
      `/admin/orders/${ORDER_ID}`,
    );
    expect(requests[0]?.query).toEqual({
      action: "cancel order",
      actor: "grace",
      since: "2026-01-01T00:00:00Z",
      until: "2026-02-01T00:00:00.000Z",
      limit: "25",
    });
    expect(screen.getByLabelText("Action")).toHaveValue("cancel order");
  });

  it("has other actions for another service", async () => {
    // Given
    recordRequests("get", "*/api/admin/audit/products", page());
    const requests = recordRequests("get", "*/api/admin/audit/authentication", page());
    const { user } = openShop("/admin/audit?action=change+product&actor=grace");
    await screen.findByRole("heading", { name: "No changes found" });

    // When
    await user.selectOptions(screen.getByLabelText("Changes of"), "Accounts");

    // Then
    await waitFor(() => expect(location.search).toBe("?actor=grace&of=accounts"));
    await waitFor(() => expect(requests).toHaveLength(1));
    await user.selectOptions(screen.getByLabelText("Action"), "Changed a role");
    await waitFor(() => expect(requests.at(-1)?.query).toMatchObject({ action: "role-changed" }));
  });

  it("says if too many people match", async () => {
    const detail = "More than 100 people match this text. Enter more of the address.";
    recordRequests("get", "*/api/admin/audit/products", () => problem(422, "validation", detail));
    openShop("/admin/audit?actor=a");
    expect(await screen.findByText(detail)).toBeVisible();
  });
});
