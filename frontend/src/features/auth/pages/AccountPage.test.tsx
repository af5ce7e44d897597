import { screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { problem, recorded } from "@/testing/server";

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

describe("the account", () => {
  it("says who one is, and leads to the administration those who may", async () => {
    openShop("/account");
    expect(await screen.findByRole("heading", { name: "ada@example.com" })).toBeVisible();
    expect(screen.getByText("You shop here.")).toBeVisible();
    expect(screen.queryByRole("link", { name: "Administration" })).toBeNull();
    startSession(aToken({ role: "admin" }));
    expect(await screen.findByRole("link", { name: "Administration" })).toBeVisible();
  });
});

describe("a new password", () => {
  it("is sent with the current one, and both fields are empty afterwards", async () => {
    const sent = recorded("post", PATH);
    const [current, replacement] = await fillIn("old enough", "correct horse");
    expect(
      await screen.findByText("Your password is changed; every other session has ended."),
    ).toBeVisible();
    expect(sent.map((each) => each.body)).toEqual([
      { current: "old enough", new: "correct horse" },
    ]);
    expect(current).toHaveValue("");
    expect(replacement).toHaveValue("");
  });

  it("with a wrong current one is refused beside that field, which gets the focus", async () => {
    recorded("post", PATH, () =>
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

  it("that is too short, or without the current one, is not sent", async () => {
    const sent = recorded("post", PATH);
    const [current, replacement] = await fillIn("", "short");
    expect(current).toHaveAccessibleDescription("Write the password that you have now.");
    expect(current).toHaveFocus();
    expect(replacement).toHaveAccessibleDescription(/It needs at least 8 characters\./);
    expect(sent).toEqual([]);
  });

  it("tried too often is refused in the server's words", async () => {
    recorded("post", PATH, () =>
      problem(429, "too-many-attempts", "Too many attempts; please try again in 30 s."),
    );
    await fillIn("no idea", "correct horse");
    expect(await screen.findByRole("alert")).toHaveTextContent("please try again in 30 s.");
  });
});
