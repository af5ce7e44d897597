import { screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { problem, recordRequests } from "@/testing/server";

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
