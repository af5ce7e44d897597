import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { currentSession, startSession } from "@/lib/session";
import { aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recorded } from "@/testing/server";

async function fillIn(address = "/register") {
  const shop = openShop(address);
  const email = await screen.findByLabelText("E-mail");
  await shop.user.type(email, " ada@example.com ");
  await shop.user.type(screen.getByLabelText("Password"), "correct horse");
  await shop.user.dblClick(screen.getByRole("button", { name: "Create account" }));
  return { ...shop, email };
}

describe("a new account", () => {
  it("is made once, signed in at once, and leads on to where one came from", async () => {
    const made = recorded("post", "*/api/register", json({}, { status: 201 }));
    const entered = recorded("post", "*/api/login", json({ access_token: aToken() }));
    const { router } = await fillIn("/register?next=%2Fcart");
    await waitFor(() => expect(router.state.location.pathname).toBe("/cart"));
    const credentials = { email: "ada@example.com", password: "correct horse" };
    expect(made.map((each) => each.body)).toEqual([credentials]);
    expect(entered.map((each) => each.body)).toEqual([{ ...credentials, cookie: true }]);
    expect(currentSession()?.email).toBe("ada@example.com");
  });

  it("with an e-mail that is taken is refused beside that field, in words that confirm nothing", async () => {
    const words = "The account could not be made. If you have one already, please sign in.";
    recorded("post", "*/api/register", () => problem(400, "registration-refused", words));
    const entered = recorded("post", "*/api/login", json({ access_token: aToken() }));
    const { email } = await fillIn();
    await waitFor(() => expect(email).toBeInvalid());
    expect(email).toHaveAccessibleDescription(words);
    expect(email).toHaveFocus();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(entered).toEqual([]);
  });

  it("shows its password to those who want to see it", async () => {
    const { user } = openShop("/register");
    const field = await screen.findByLabelText("Password");
    expect(field).toHaveAttribute("type", "password");
    expect(field).toHaveAttribute("autocomplete", "new-password");
    await user.click(screen.getByRole("button", { name: /^Show/ }));
    expect(field).toHaveAttribute("type", "text");
    await user.click(screen.getByRole("button", { name: /^Hide/ }));
    expect(field).toHaveAttribute("type", "password");
  });

  it("is not made twice by one who has one open", async () => {
    const made = recorded("post", "*/api/register", json({}, { status: 201 }));
    const { router } = openShop("/register?next=%2Fcart");
    await screen.findByLabelText("E-mail");
    startSession(aToken());
    await waitFor(() => expect(router.state.location.pathname).toBe("/cart"));
    expect(made).toEqual([]);
  });
});
