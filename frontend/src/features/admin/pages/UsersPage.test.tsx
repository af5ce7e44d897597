import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recordRequests } from "@/testing/server";

const person = (email: string, role = "user") => ({
  id: `id-of-${email.split("@")[0]}`,
  email,
  role,
  created_at: "2026-01-01T00:00:00Z",
});
const me = person("ada@example.com", "admin");
const ben = person("ben@example.com");
const people = (users: object[], next_cursor: string | null = null) => json({ users, next_cursor });

beforeEach(() => startSession(aToken({ role: "admin" })));

describe("users", () => {
  it("change role after a confirmation", async () => {
    // Given
    recordRequests(
      "get",
      "*/api/users",
      people([me, ben]),
      people([me, person("ben@example.com", "admin")]),
    );
    const sent = recordRequests("patch", "*/api/users/:id", json({}));

    // When
    const { user } = openShop("/admin/users");

    // Then
    const row = await screen.findByRole("row", { name: /ben@example.com/ });
    expect(within(row).getByText("Customer")).toBeVisible();

    // When
    await user.click(within(row).getByRole("button", { name: /Make admin/ }));

    // Then
    const question = await screen.findByRole("dialog", {
      name: "Make this user an admin?",
    });
    expect(question).toHaveTextContent("ben@example.com will be able to change products");
    expect(sent).toEqual([]);

    // When
    await user.click(within(question).getByRole("button", { name: "Change role" }));

    // Then
    await waitFor(() => expect(question).not.toBeInTheDocument());
    expect(await within(row).findByText("Admin")).toBeVisible();
    expect(sent).toMatchObject([{ path: "/api/users/id-of-ben", body: { role: "admin" } }]);
    expect(screen.getByText("ben@example.com is an admin now.")).toBeVisible();
  });

  it("keep the last admin and show why", async () => {
    // Given
    recordRequests("get", "*/api/users", people([me]));
    const sent = recordRequests("patch", "*/api/users/:id", () =>
      problem(409, "last-admin", "ada@example.com is the last admin."),
    );
    const { user } = openShop("/admin/users");
    const row = await screen.findByRole("row", { name: /ada@example.com \(you\)/ });

    // When
    await user.click(within(row).getByRole("button", { name: /Make customer/ }));
    const question = await screen.findByRole("dialog", { name: "Make this user a customer?" });
    await user.click(within(question).getByRole("button", { name: "Change role" }));

    // Then
    expect(await within(question).findByRole("alert")).toHaveTextContent(
      "ada@example.com is the last admin.",
    );
    expect(sent.map((request) => request.body)).toEqual([{ role: "user" }]);

    // When
    await user.click(within(question).getByRole("button", { name: "Cancel" }));

    // Then
    await waitFor(() => expect(question).not.toBeInTheDocument());
    expect(within(row).getByText("Admin")).toBeVisible();
  });

  it("load page by page", async () => {
    // Given
    const requests = recordRequests("get", "*/api/users", people([me], "c2"), people([ben]));
    const { user } = openShop("/admin/users");

    // When
    await user.click(await screen.findByRole("button", { name: "Show more" }));

    // Then
    expect(await screen.findByRole("row", { name: /ben@example.com/ })).toBeVisible();
    expect(requests.map((request) => request.query)).toEqual([
      { limit: "50" },
      { limit: "50", cursor: "c2" },
    ]);
  });
});
