import { screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { sessionStore } from "@/lib/session";
import { aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { problem, server } from "@/testing/server";

async function fillIn(user: ReturnType<typeof openShop>["user"], email: string, password: string) {
  await user.type(await screen.findByLabelText("E-mail"), email);
  await user.type(screen.getByLabelText("Password"), `${password}{Enter}`);
}

describe("signing in", () => {
  it("asks for the cookie, so that no script sees the refresh token", async () => {
    const seen = vi.fn();
    server.use(
      http.post("*/api/login", async ({ request }) => {
        seen(await request.json());
        return HttpResponse.json({ access_token: aToken() });
      }),
    );
    const { user, router } = openShop("/sign-in");
    await fillIn(user, "ada@example.com", "correct horse");
    await vi.waitFor(() => expect(router.state.location.pathname).toBe("/"));
    expect(seen).toHaveBeenCalledWith({
      email: "ada@example.com",
      password: "correct horse",
      cookie: true,
    });
    expect(sessionStore.get().status).toBe("signed-in");
  });

  it("says in the server's words what is wrong", async () => {
    server.use(
      http.post("*/api/login", () => problem(401, "bad-credentials", "Wrong e-mail or password.")),
    );
    const { user } = openShop("/sign-in");
    await fillIn(user, "ada@example.com", "wrong password");
    expect(await screen.findByRole("alert")).toHaveTextContent("Wrong e-mail or password.");
  });

  it("says beside the field what is missing, and goes there", async () => {
    const { user } = openShop("/sign-in");
    await user.click(await screen.findByRole("button", { name: "Sign in" }));
    const field = screen.getByLabelText("E-mail");
    expect(field).toHaveAccessibleDescription(/Write your e-mail address/);
    expect(field).toHaveFocus();
  });
});

describe("a new account", () => {
  it("shows the server's message beside its field", async () => {
    const errors = [{ field: "email", message: "This is no e-mail address." }];
    server.use(http.post("*/api/register", () => problem(422, "validation", "Not valid.", errors)));
    const { user } = openShop("/register");
    await fillIn(user, "ada@x", "correct horse");
    expect(await screen.findByText("This is no e-mail address.")).toBeVisible();
    expect(screen.getByLabelText("E-mail")).toBeInvalid();
  });

  it("needs a password of some length", async () => {
    const { user } = openShop("/register");
    await fillIn(user, "ada@example.com", "short");
    expect(screen.getByText("It needs at least 8 characters.")).toBeVisible();
  });
});
