import { screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, PROFILE, problem, recordRequests } from "@/testing/server";

const PATH = "*/api/me/password";

async function fillIn(current: string, replacement: string) {
  const { user } = openShop("/account");
  const fields = [
    await screen.findByLabelText("Current password"),
    screen.getByLabelText("New password"),
  ] as const;
  if (current) await user.type(fields[0], current);
  if (replacement) await user.type(fields[1], replacement);
  await user.click(screen.getByRole("button", { name: "Change password" }));
  return fields;
}

beforeEach(() => startSession(aToken()));

describe("account page", () => {
  it("shows the user and links admins to the administration", async () => {
    // When
    openShop("/account");

    // Then
    expect(await screen.findByRole("heading", { name: "ada@example.com" })).toBeVisible();
    expect(screen.getByText("Customer")).toBeVisible();
    expect(screen.queryByRole("link", { name: "Administration" })).toBeNull();
    startSession(aToken({ role: "admin" }));
    expect(await screen.findByRole("link", { name: "Administration" })).toBeVisible();
  });
});

describe("password change", () => {
  it("sends both passwords and clears the fields", async () => {
    const sent = recordRequests("post", PATH);
    const [current, replacement] = await fillIn("old enough", "correct horse");
    expect(
      await screen.findByText("Password changed. You are signed out on all other devices."),
    ).toBeVisible();
    expect(sent.map((request) => request.body)).toEqual([
      { current: "old enough", new: "correct horse" },
    ]);
    expect(current).toHaveValue("");
    expect(replacement).toHaveValue("");
  });

  it("shows a wrong current password at its field and focuses it", async () => {
    recordRequests("post", PATH, () =>
      problem(422, "validation", "The current password is wrong.", [
        { field: "current", message: "The current password is wrong." },
      ]),
    );
    const [current, replacement] = await fillIn("no idea", "correct horse");
    await waitFor(() => expect(current).toBeInvalid());
    expect(current).toHaveAccessibleDescription("The current password is wrong.");
    expect(current).toHaveFocus();
    expect(replacement).toHaveValue("correct horse");
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("sends nothing if a password is missing or too short", async () => {
    const sent = recordRequests("post", PATH);
    const [current, replacement] = await fillIn("", "short");
    expect(current).toHaveAccessibleDescription("Enter your current password.");
    expect(current).toHaveFocus();
    expect(replacement).toHaveAccessibleDescription(/Use at least 8 characters\./);
    expect(sent).toEqual([]);
  });

  it("shows the server's message after too many attempts", async () => {
    recordRequests("post", PATH, () =>
      problem(429, "too-many-attempts", "Too many attempts; please try again in 30 s."),
    );
    await fillIn("no idea", "correct horse");
    expect(await screen.findByRole("alert")).toHaveTextContent("please try again in 30 s.");
  });
});

describe("name", () => {
  it("is saved without surrounding spaces, and can be removed", async () => {
    // Given
    const sent = recordRequests(
      "patch",
      "*/api/me",
      json({ ...PROFILE, name: "Ada" }),
      json({ ...PROFILE, name: null }),
    );
    const { user } = openShop("/account");
    const field = await screen.findByLabelText("Name");
    expect(field).toHaveAttribute("autocomplete", "name");

    // When
    await user.type(field, " Ada {Enter}");

    // Then
    expect(await screen.findByText("Name saved.")).toBeVisible();
    expect(field).toHaveValue("Ada");

    // When
    await user.clear(field);
    await user.click(screen.getByRole("button", { name: "Save name" }));

    // Then
    expect(await screen.findByText("Name removed.")).toBeVisible();
    expect(sent.map(({ body }) => body)).toEqual([{ name: "Ada" }, { name: "" }]);
  });

  it("shows the server's message at the field", async () => {
    recordRequests("patch", "*/api/me", () =>
      problem(422, "validation", "Not valid.", [{ field: "name", message: "No line breaks." }]),
    );
    const { user } = openShop("/account");
    const field = await screen.findByLabelText("Name");
    await user.type(field, "Ada{Enter}");
    await waitFor(() => expect(field).toBeInvalid());
    expect(field).toHaveAccessibleDescription(/No line breaks\./);
    expect(field).toHaveValue("Ada");
  });
});

describe("change of the email address", () => {
  const CHANGE = "*/api/me/email";

  async function request(email: string, password: string) {
    const { user } = openShop("/account");
    const fields = [
      await screen.findByLabelText("New email"),
      screen.getByLabelText("Your password"),
    ] as const;
    if (email) await user.type(fields[0], email);
    if (password) await user.type(fields[1], password);
    await user.click(screen.getByRole("button", { name: "Send the link" }));
    return fields;
  }

  it("asks for the password, and says where the link was sent and until when it works", async () => {
    // Given
    const pending = { email: "new@example.com", expires_at: "2026-01-02T12:00:00Z" };
    recordRequests("get", "*/api/me", json(PROFILE), json({ ...PROFILE, pending_email: pending }));
    const sent = recordRequests("post", CHANGE, () => new Response(null, { status: 202 }));

    // When
    const [email, password] = await request("new@example.com", "correct horse");

    // Then
    expect(await screen.findByText("Confirm your new email address")).toBeVisible();
    expect(screen.getByText(/We sent a link to/)).toHaveTextContent(
      /We sent a link to new@example\.com\. Use it until 2 Jan 2026, \d\d:00:00\./,
    );
    expect(sent.map(({ body }) => body)).toEqual([
      { email: "new@example.com", password: "correct horse" },
    ]);
    expect(email).toHaveValue("");
    expect(password).toHaveValue("");
    expect(screen.getByRole("heading", { name: "ada@example.com" })).toBeVisible();
  });

  it("sends nothing without the password", async () => {
    const sent = recordRequests("post", CHANGE);
    const [, password] = await request("new@example.com", "");
    expect(password).toHaveAccessibleDescription("Enter your password.");
    expect(password).toHaveFocus();
    expect(sent).toEqual([]);
  });

  it("shows a wrong password at its field", async () => {
    recordRequests("post", CHANGE, () =>
      problem(422, "validation", "The password is wrong.", [
        { field: "password", message: "The password is wrong." },
      ]),
    );
    const [email, password] = await request("new@example.com", "no idea");
    await waitFor(() => expect(password).toBeInvalid());
    expect(password).toHaveAccessibleDescription("The password is wrong.");
    expect(password).toHaveFocus();
    expect(email).toHaveValue("new@example.com");
    expect(screen.queryByText("Confirm your new email address")).toBeNull();
  });
});
