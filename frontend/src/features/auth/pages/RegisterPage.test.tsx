import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { currentSession, startSession } from "@/lib/session";
import { aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recordRequests } from "@/testing/server";

async function fillIn(address = "/register") {
  const shop = openShop(address);
  const email = await screen.findByLabelText("Email");
  await shop.user.type(email, " ada@example.com ");
  await shop.user.type(screen.getByLabelText("Password"), "correct horse");
  await shop.user.dblClick(screen.getByRole("button", { name: "Create account" }));
  return { ...shop, email };
}

describe("registration", () => {
  it("creates the account once, signs in and returns to the previous page", async () => {
    const registrations = recordRequests(
      "post",
      "*/api/register",
      json({ mail_sent: true }, { status: 201 }),
    );
    const signIns = recordRequests("post", "*/api/login", json({ access_token: aToken() }));
    await fillIn("/register?next=%2Fcart");
    await waitFor(() => expect(location.pathname).toBe("/cart"));
    const credentials = { email: "ada@example.com", password: "correct horse" };
    expect(registrations.map((request) => request.body)).toEqual([credentials]);
    expect(signIns.map((request) => request.body)).toEqual([{ ...credentials, cookie: true }]);
    expect(currentSession()?.email).toBe("ada@example.com");
    expect(
      screen.getByText("Welcome! We have sent a link to ada@example.com to confirm the address."),
    ).toBeVisible();
  });

  it("promises no mail if the shop sends none", async () => {
    recordRequests("post", "*/api/register", json({ mail_sent: false }, { status: 201 }));
    recordRequests("post", "*/api/login", json({ access_token: aToken() }));
    await fillIn("/register?next=%2Fcart");
    await waitFor(() => expect(location.pathname).toBe("/cart"));
    expect(await screen.findByRole("heading", { name: "Your cart is empty" })).toBeVisible();
    expect(screen.queryByText(/We have sent a link/)).toBeNull();
  });

  it("shows the refusal of a taken email at its field without confirming the account", async () => {
    const words =
      "The account could not be registrations. If you have one already, please sign in.";
    recordRequests("post", "*/api/register", () => problem(400, "registration-refused", words));
    const signIns = recordRequests("post", "*/api/login", json({ access_token: aToken() }));
    const { email } = await fillIn();
    await waitFor(() => expect(email).toBeInvalid());
    expect(email).toHaveAccessibleDescription(words);
    expect(email).toHaveFocus();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(signIns).toEqual([]);
  });

  it("shows and hides the password", async () => {
    // When
    const { user } = openShop("/register");

    // Then
    const field = await screen.findByLabelText("Password");
    expect(field).toHaveAttribute("type", "password");
    expect(field).toHaveAttribute("autocomplete", "new-password");

    // When
    await user.click(screen.getByRole("button", { name: /^Show/ }));

    // Then
    expect(field).toHaveAttribute("type", "text");

    // When
    await user.click(screen.getByRole("button", { name: /^Hide/ }));

    // Then
    expect(field).toHaveAttribute("type", "password");
  });

  it("redirects users who are already signed in", async () => {
    // Given
    const registrations = recordRequests(
      "post",
      "*/api/register",
      json({ mail_sent: true }, { status: 201 }),
    );

    // When
    openShop("/register?next=%2Fcart");

    // Then
    await screen.findByLabelText("Email");
    startSession(aToken());
    await waitFor(() => expect(location.pathname).toBe("/cart"));
    expect(registrations).toEqual([]);
  });
});
