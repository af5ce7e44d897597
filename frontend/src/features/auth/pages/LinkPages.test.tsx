import { act, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { endSession, sessionStore, startSession } from "@/lib/session";
import { aToken } from "@/testing/data";
import { openShop, visit } from "@/testing/render";
import { json, PROFILE, problem, recordRequests } from "@/testing/server";

const me = (verified: boolean) => ({ ...PROFILE, verified });

beforeEach(() => {
  startSession(aToken());
  recordRequests("post", "*/api/refresh", json({ access_token: aToken() }));
});

describe.each([
  ["/verify-email", "Confirm the address", "*/api/email-verifications/confirm", /is confirmed/],
  ["/confirm-email-change", "Use this address", "*/api/email-changes/confirm", /uses this address/],
  ["/undo-email-change", "Undo the change", "*/api/email-changes/undo", /this address again/],
])("%s", (path, button, endpoint, done) => {
  it("does nothing before the button is pressed, and hides the token", async () => {
    // Given
    const sent = recordRequests("post", endpoint);

    // When
    const { user } = openShop(`${path}#token=secret-1`);

    // Then
    const confirm = await screen.findByRole("button", { name: button });
    await waitFor(() => expect(location.hash).toBe(""));
    expect(sent).toHaveLength(0);

    // When
    await user.click(confirm);

    // Then
    expect(await screen.findByText(done)).toBeVisible();
    expect(sent.map(({ body }) => body)).toEqual([{ token: "secret-1" }]);
    expect(screen.queryByRole("button", { name: button })).toBeNull();
  });

  it("explains a link that no longer works", async () => {
    // Given
    recordRequests("post", endpoint, () => problem(410, "link-expired", "The link has expired."));
    const { user } = openShop(`${path}#token=secret-2`);

    // When
    await user.click(await screen.findByRole("button", { name: button }));

    // Then
    expect(await screen.findByRole("alert")).toHaveTextContent("The link has expired.");
    expect(screen.queryByRole("button", { name: button })).toBeNull();
  });

  it("can be tried again after an outage", async () => {
    // Given
    const sent = recordRequests(
      "post",
      endpoint,
      () => problem(503, "unavailable", "The database is unavailable."),
      () => new Response(null, { status: 204 }),
    );
    const { user } = openShop(`${path}#token=secret-6`);

    // When
    await user.click(await screen.findByRole("button", { name: button }));
    expect(await screen.findByRole("alert")).toHaveTextContent("The database is unavailable.");
    await user.click(screen.getByRole("button", { name: button }));

    // Then
    expect(await screen.findByText(done)).toBeVisible();
    expect(sent).toHaveLength(2);
  });

  it("forgets the link once it is used", async () => {
    // Given
    const sent = recordRequests("post", endpoint);
    const { user } = openShop(`${path}#token=secret-7`);
    await user.click(await screen.findByRole("button", { name: button }));
    await screen.findByText(done);

    // When
    act(() => startSession(aToken()));
    await visit("/cart");
    await visit(path);

    // Then
    expect(await screen.findByText("The link is incomplete")).toBeVisible();
    expect(screen.queryByRole("button", { name: button })).toBeNull();
    expect(sent).toHaveLength(1);
  });

  it("forgets a link that works for nobody", async () => {
    // Given
    recordRequests("post", endpoint, () => problem(410, "link-expired", "The link has expired."));
    const { user } = openShop(`${path}#token=secret-8`);

    // When
    await user.click(await screen.findByRole("button", { name: button }));

    // Then
    expect(await screen.findByRole("alert")).toHaveTextContent("The link has expired.");
    expect(screen.queryByText("The link is incomplete")).toBeNull();

    // When
    await visit("/cart");
    await visit(path);

    // Then
    expect(await screen.findByText("The link is incomplete")).toBeVisible();
  });
});

describe("a confirmed change of the email address", () => {
  it("appears in the session at once", async () => {
    // Given
    const refreshed = recordRequests(
      "post",
      "*/api/refresh",
      json({ access_token: aToken({ email: "new@example.com" }) }),
    );
    recordRequests("post", "*/api/email-changes/confirm");
    const { user } = openShop("/confirm-email-change#token=secret-10");

    // When
    await user.click(await screen.findByRole("button", { name: "Use this address" }));
    await user.click(await screen.findByRole("link", { name: "Your account" }));

    // Then
    expect(await screen.findByRole("heading", { name: "new@example.com" })).toBeVisible();
    expect(refreshed).toHaveLength(1);
  });

  it("needs no session", async () => {
    endSession();
    const refreshed = recordRequests("post", "*/api/refresh");
    recordRequests("post", "*/api/email-changes/confirm");
    const { user } = openShop("/confirm-email-change#token=secret-11");
    await user.click(await screen.findByRole("button", { name: "Use this address" }));
    expect(await screen.findByText(/uses this address/)).toBeVisible();
    expect(refreshed).toEqual([]);
  });

  it("is reported even if the session can't be refreshed", async () => {
    recordRequests("post", "*/api/refresh", () => problem(503, "unavailable", "Try later."));
    recordRequests("post", "*/api/email-changes/confirm");
    const { user } = openShop("/confirm-email-change#token=secret-12");
    await user.click(await screen.findByRole("button", { name: "Use this address" }));
    expect(await screen.findByText(/uses this address/)).toBeVisible();
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("a link of another account", () => {
  it("is remembered, so that its owner can sign in and use it", async () => {
    // Given
    const sent = recordRequests(
      "post",
      "*/api/email-verifications/confirm",
      () => problem(403, "link-foreign", "The link belongs to another account."),
      () => new Response(null, { status: 204 }),
    );
    const { user } = openShop("/verify-email#token=secret-9");

    // When
    await user.click(await screen.findByRole("button", { name: "Confirm the address" }));
    await screen.findByText("The link belongs to another account.");
    await visit("/cart");
    await visit("/verify-email");
    await user.click(await screen.findByRole("button", { name: "Confirm the address" }));

    // Then
    expect(await screen.findByText(/is confirmed/)).toBeVisible();
    expect(sent.map(({ body }) => body)).toEqual([{ token: "secret-9" }, { token: "secret-9" }]);
  });
});

describe("a page for a link", () => {
  it("says that the link is incomplete without a token", async () => {
    openShop("/reset-password");
    expect(await screen.findByText("The link is incomplete")).toBeVisible();
    expect(screen.getByRole("link", { name: "Send a new link" })).toHaveAttribute(
      "href",
      "/forgot-password",
    );
  });
});

describe("a confirmation without a session", () => {
  it("asks nobody to sign in for an incomplete link", async () => {
    endSession();
    openShop("/verify-email");
    expect(await screen.findByText("The link is incomplete")).toBeVisible();
    expect(within(screen.getByRole("main")).queryByRole("link", { name: "Sign in" })).toBeNull();
    expect(location.pathname).toBe("/verify-email");
  });

  it("asks to sign in, and continues with the same link", async () => {
    // Given
    endSession();
    recordRequests("post", "*/api/login", json({ access_token: aToken() }));
    const sent = recordRequests("post", "*/api/email-verifications/confirm");
    const { user } = openShop("/verify-email#token=secret-3");

    // When
    await user.click(
      await within(await screen.findByRole("main")).findByRole("link", { name: "Sign in" }),
    );
    await waitFor(() => expect(location.pathname).toBe("/sign-in"));

    // Then the token is in no address
    expect(location.search).not.toContain("secret");

    // When
    await user.type(await screen.findByLabelText("Email"), "ada@example.com");
    await user.type(screen.getByLabelText("Password"), "correct horse{Enter}");
    await user.click(await screen.findByRole("button", { name: "Confirm the address" }));

    // Then
    await waitFor(() => expect(sent.map(({ body }) => body)).toEqual([{ token: "secret-3" }]));
  });
});

describe("a forgotten password", () => {
  it("says the same whether or not there is an account", async () => {
    // Given
    endSession();
    const sent = recordRequests("post", "*/api/password-resets");
    const { user } = openShop("/sign-in");

    // When
    await user.click(await screen.findByRole("link", { name: "Forgot password?" }));
    await screen.findByRole("heading", { name: "Reset your password" });
    await user.type(await screen.findByLabelText("Email"), "ada@example.com");
    await user.click(screen.getByRole("button", { name: "Send the link" }));

    // Then
    expect(await screen.findByRole("heading", { name: "Check your mail" })).toBeVisible();
    expect(screen.getByText("ada@example.com")).toBeVisible();
    expect(sent.map(({ body }) => body)).toEqual([{ email: "ada@example.com" }]);

    // When
    await user.click(screen.getByRole("button", { name: "Try another address" }));

    // Then
    expect(await screen.findByLabelText("Email")).toHaveValue("ada@example.com");
  });

  it("is replaced with the token of the link", async () => {
    // Given
    const sent = recordRequests("post", "*/api/password-resets/confirm");
    const { user } = openShop("/reset-password#token=secret-4");

    // When
    await user.type(await screen.findByLabelText("New password"), "short{Enter}");

    // Then
    await waitFor(() => expect(screen.getByLabelText("New password")).toBeInvalid());
    expect(sent).toHaveLength(0);

    // When
    await user.type(screen.getByLabelText("New password"), " but longer now{Enter}");

    // Then
    expect(await screen.findByText(/Your password is changed/)).toBeVisible();
    expect(sent.map(({ body }) => body)).toEqual([
      { token: "secret-4", password: "short but longer now" },
    ]);
    expect(sessionStore.get().status).toBe("visitor");
  });

  it("offers a new link if this one was used", async () => {
    // Given
    recordRequests("post", "*/api/password-resets/confirm", () =>
      problem(410, "link-used", "The link was already used."),
    );
    const { user } = openShop("/reset-password#token=secret-5");

    // When
    await user.type(await screen.findByLabelText("New password"), "correct horse{Enter}");

    // Then
    expect(await screen.findByRole("alert")).toHaveTextContent("The link was already used.");
    expect(screen.getByRole("link", { name: "Send a new link" })).toBeVisible();
    expect(screen.queryByLabelText("New password")).toBeNull();
  });
});

describe("the email address of the account", () => {
  it("is confirmed", async () => {
    recordRequests("get", "*/api/me", json(me(true)));
    openShop("/account");
    expect(await screen.findByText("Email address confirmed")).toBeVisible();
  });

  it("can get a link", async () => {
    // Given
    recordRequests("get", "*/api/me", json(me(false)));
    const sent = recordRequests("post", "*/api/email-verifications");
    const { user } = openShop("/account");

    // When
    await user.click(await screen.findByRole("button", { name: "Send a link" }));

    // Then
    expect(await screen.findByText(/We have sent you a link/)).toBeVisible();
    expect(sent).toHaveLength(1);
    expect(sessionStore.get().status).toBe("signed-in");
  });

  it("says why no link was sent", async () => {
    // Given
    recordRequests("get", "*/api/me", json(me(false)));
    recordRequests("post", "*/api/email-verifications", () =>
      problem(429, "too-many-attempts", "Try again in 30 minutes."),
    );
    const { user } = openShop("/account");

    // When
    await user.click(await screen.findByRole("button", { name: "Send a link" }));

    // Then
    expect(await screen.findByRole("alert")).toHaveTextContent("Try again in 30 minutes.");
  });
});
