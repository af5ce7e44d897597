import { screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { sessionStore } from "@/lib/session";
import { aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { problem, server } from "@/testing/server";

async function fillIn(user: ReturnType<typeof openShop>["user"], email: string, password: string) {
  await user.type(await screen.findByLabelText("Email"), email);
  await user.type(screen.getByLabelText("Password"), `${password}{Enter}`);
}

describe("sign-in", () => {
  it("requests a cookie, so that scripts cannot read the refresh token", async () => {
    // Given
    const seen = vi.fn();
    server.use(
      http.post("*/api/login", async ({ request }) => {
        seen(await request.json());
        return HttpResponse.json({ access_token: aToken() });
      }),
    );
    const { user } = openShop("/sign-in");

    // When
    await fillIn(user, "ada@example.com", "correct horse");

    // Then
    await vi.waitFor(() => expect(location.pathname).toBe("/"));
    expect(seen).toHaveBeenCalledWith({
      email: "ada@example.com",
      password: "correct horse",
      cookie: true,
    });
    expect(sessionStore.get().status).toBe("signed-in");
  });

  it("shows the server's message for wrong credentials", async () => {
    // Given
    server.use(
      http.post("*/api/login", () => problem(401, "bad-credentials", "Wrong email or password.")),
    );
    const { user } = openShop("/sign-in");

    // When
    await fillIn(user, "ada@example.com", "wrong password");

    // Then
    expect(await screen.findByRole("alert")).toHaveTextContent("Wrong email or password.");
  });

  it("shows the server's message after too many attempts and keeps the values", async () => {
    // Given
    const message = "Too many attempts. Try again in 30 seconds.";
    server.use(http.post("*/api/login", () => problem(429, "too-many-attempts", message)));
    const { user } = openShop("/sign-in");

    // When
    await fillIn(user, "ada@example.com", "wrong password");

    // Then
    expect(await screen.findByRole("alert")).toHaveTextContent(message);
    expect(screen.getByLabelText("Email")).toHaveValue("ada@example.com");
    expect(screen.getByLabelText("Email")).toHaveAttribute("autocomplete", "username");
    expect(screen.getByLabelText("Password")).toHaveAttribute("autocomplete", "current-password");
  });

  it("shows what is missing at the field and focuses it", async () => {
    // Given
    const { user } = openShop("/sign-in");

    // When
    await user.click(await screen.findByRole("button", { name: "Sign in" }));

    // Then
    const field = screen.getByLabelText("Email");
    expect(field).toHaveAccessibleDescription(/Enter your email address/);
    expect(field).toHaveFocus();
  });
});

describe("registration", () => {
  it("shows the server's message at its field", async () => {
    // Given
    const errors = [{ field: "email", message: "This is no email address." }];
    server.use(http.post("*/api/register", () => problem(422, "validation", "Not valid.", errors)));
    const { user } = openShop("/register");

    // When
    await fillIn(user, "ada@x", "correct horse");

    // Then
    expect(await screen.findByText("This is no email address.")).toBeVisible();
    expect(screen.getByLabelText("Email")).toBeInvalid();
  });

  it("requires a minimum password length", async () => {
    const { user } = openShop("/register");
    await fillIn(user, "ada@example.com", "short");
    expect(screen.getByText("Use at least 8 characters.")).toBeVisible();
  });
});
