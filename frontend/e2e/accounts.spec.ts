import type { APIRequestContext, Page } from "@playwright/test";
import {
  ADMIN,
  expect,
  fillInSignIn,
  linkTo,
  mailTo,
  orderStatus,
  placeOrder,
  signIn,
  test,
  watchForErrors,
} from "./shop.ts";

const PASSWORD = "correct horse";
const NEW_PASSWORD = "battery staple";

function newAddress(name: string, domain = "mail.example"): string {
  return `${name}-${Date.now().toString(36)}${Math.floor(Math.random() * 1e4)}@${domain}`;
}

async function register(request: APIRequestContext, email: string): Promise<void> {
  const response = await request.post("/api/register", { data: { email, password: PASSWORD } });
  expect(response.status(), await response.text()).toBe(201);
}

async function chooseNewPassword(page: Page): Promise<void> {
  await page.getByLabel("New password").fill(NEW_PASSWORD);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("Your account is signed out everywhere.")).toBeVisible();
}

/** Return the label of the focused field or the name of the focused button. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    const labels = element && "labels" in element ? (element.labels as NodeList | null) : null;
    return (
      labels?.[0]?.textContent ?? element?.getAttribute("aria-label") ?? element?.textContent ?? ""
    );
  });
}

test("a shopper registers, confirms the address, orders and gets a mail", async ({
  page,
  admin,
  context,
}) => {
  // Given
  const errors = watchForErrors(context);
  const email = newAddress("new");
  const product = await admin.makeProduct();

  // When
  await page.goto("/register");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();

  // Then
  await expect(page.getByText(`We have sent a link to ${email}`)).toBeVisible();

  // When
  await page.goto(await linkTo(email, "Confirm your email"));
  await page.getByRole("button", { name: "Confirm the address" }).click();

  // Then
  await expect(page.getByText("Your email address is confirmed.")).toBeVisible();
  expect(page.url()).not.toContain("token");

  // When
  await page.getByRole("main").getByRole("link", { name: "Your account" }).click();

  // Then
  await expect(page.getByText("Email address confirmed")).toBeVisible();

  // When
  await placeOrder(page, product);

  // Then
  await expect(orderStatus(page, "Accepted")).toBeVisible();
  const id = new URL(page.url()).pathname.slice("/orders/".length);
  const mail = await mailTo(email, "We have accepted your order");
  expect(mail).toContain(`1 x ${product.name}`);
  expect(mail).toContain(`/orders/${id}`);
  expect(errors).toEqual([]);
});

test("a forgotten password is replaced, and the old session has ended", async ({
  page,
  request,
  browser,
  baseURL,
}) => {
  // Given
  const email = newAddress("forgot");
  await register(request, email);
  const elsewhere = await browser.newContext({ baseURL: baseURL ?? "" });
  const oldPage = await elsewhere.newPage();
  await signIn(oldPage, email, PASSWORD);
  await oldPage.goto("/account");
  await expect(oldPage.getByRole("heading", { name: email })).toBeVisible();

  // When
  await page.goto("/sign-in");
  await page.getByRole("link", { name: "Forgot password?" }).click();
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Send the link" }).click();

  // Then
  await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();

  // When
  const link = await linkTo(email, "Choose a new password");
  await page.goto(link);
  await chooseNewPassword(page);
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await fillInSignIn(page, email, NEW_PASSWORD);

  // Then
  await expect(page.getByRole("button", { name: "Account" })).toBeVisible();
  await mailTo(email, "Your password was changed");

  // When
  await oldPage.goto("/account");

  // Then
  await expect(oldPage.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await elsewhere.close();

  // When
  await page.goto(link);
  await page.getByLabel("New password").fill("another horse");
  await page.getByRole("button", { name: "Change password" }).click();

  // Then
  await expect(page.getByRole("alert")).toContainText("The link was already used");
  await expect(page.getByRole("link", { name: "Send a new link" })).toBeVisible();
});

test("an email address is changed, and the old one gets the account back", async ({
  page,
  request,
}) => {
  // Given
  const [email, other] = [newAddress("owner"), newAddress("thief")];
  await register(request, email);
  await signIn(page, email, PASSWORD);

  // When
  await page.goto("/account");
  await page.getByLabel("New email").fill(other);
  await page.getByLabel("Your password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Send the link" }).click();

  // Then
  await expect(page.getByText(`We sent a link to ${other}.`)).toBeVisible();
  await expect(page.getByRole("heading", { name: email })).toBeVisible();

  // When
  await page.goto(await linkTo(other, "Confirm your new"));
  await page.getByRole("button", { name: "Use this address" }).click();

  // Then
  await expect(page.getByText("Your account uses this address now.")).toBeVisible();

  // When
  await page.getByRole("main").getByRole("link", { name: "Your account" }).click();

  // Then
  await expect(page.getByRole("heading", { name: other })).toBeVisible();
  await expect(page.getByText("Confirm your new email address")).toHaveCount(0);

  // When
  await page.goto(await linkTo(email, "Your email address was changed"));
  await page.getByRole("button", { name: "Undo the change" }).click();

  // Then
  await expect(page.getByText("Your account has this address again")).toBeVisible();

  // When
  await page.goto("/account");

  // Then
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();

  // When
  await fillInSignIn(page, other, PASSWORD);

  // Then
  await expect(page.getByRole("alert")).toContainText("Wrong email or password");

  // When
  await page.goto(await linkTo(email, "Choose a new password"));
  await chooseNewPassword(page);
  await signIn(page, email, NEW_PASSWORD);
  await page.goto("/account");

  // Then
  await expect(page.getByRole("heading", { name: email })).toBeVisible();
});

test("addresses are kept with the keyboard alone, in the form of their country", async ({
  page,
  request,
}) => {
  // Given
  const email = newAddress("addresses");
  await register(request, email);
  await signIn(page, email, PASSWORD);
  await page.goto("/account/addresses");
  await expect(page.getByText("No addresses yet")).toBeVisible();

  // When
  await page.getByRole("button", { name: "Add address" }).focus();
  await page.keyboard.press("Enter");

  // Then
  const country = page.getByLabel("Country or region");
  await expect(country).toBeFocused();
  await expect(country).toHaveValue("IE");
  await expect(country.getByRole("option", { name: "United States", exact: true })).toHaveCount(1);

  // When
  await page.keyboard.type("United States");
  await expect(page.getByLabel("ZIP code")).toBeVisible();
  for (const [label, text] of [
    ["Full name", "Ann Example"],
    ["Company (optional)", ""],
    ["Street address", "1 Main Street"],
    ["City", "Mountain View"],
    ["State", "California"],
    ["ZIP code", "10001"],
  ] as const) {
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe(label);
    await page.keyboard.type(text);
  }
  await page.keyboard.press("Enter");

  // Then the postcode is in another state
  const zip = page.getByLabel("ZIP code");
  await expect(page.getByText("This value does not exist in this country.")).toBeVisible();
  await expect(zip).toBeFocused();

  // When
  await zip.fill("94043");
  await page.keyboard.press("Enter");

  // Then
  await expect(page.getByText("94043 Mountain View")).toBeVisible();
  await expect(page.getByText("Default", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "Add address" })).toBeFocused();

  // When
  await page.getByRole("button", { name: "Delete 1 Main Street" }).focus();
  await page.keyboard.press("Enter");

  // Then
  await expect(page.getByText("No addresses yet")).toBeVisible();
  await expect(page.getByRole("button", { name: "Add address" })).toBeFocused();

  // When
  await page.getByRole("button", { name: "Undo" }).focus();
  await page.keyboard.press("Enter");

  // Then
  await expect(page.getByText("94043 Mountain View")).toBeVisible();
  await expect(page.getByText("Default", { exact: true })).toBeVisible();
});

test("a shopper ends another session, and then all", async ({
  page,
  request,
  browser,
  baseURL,
}) => {
  // Given
  const email = newAddress("sessions");
  await register(request, email);
  const elsewhere = await browser.newContext({ baseURL: baseURL ?? "" });
  const other = await elsewhere.newPage();
  await signIn(other, email, PASSWORD);
  await other.goto("/account");
  await expect(other.getByRole("heading", { name: email })).toBeVisible();
  await signIn(page, email, PASSWORD);
  await page.goto("/account/sessions");
  const rows = page.getByRole("listitem").filter({ hasText: "Last used" });
  await expect(rows).toHaveCount(2);

  // When
  await rows.getByRole("button", { name: /^Sign out: / }).focus();
  await page.keyboard.press("Enter");

  // Then
  await expect(rows).toHaveCount(1);
  await expect(rows.getByText("This device")).toBeVisible();
  await expect(page.getByRole("button", { name: "Sign out everywhere…" })).toBeFocused();

  // When
  await other.goto("/account");

  // Then
  await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();

  // When
  await signIn(other, email, PASSWORD);
  await page.keyboard.press("Enter");
  await page
    .getByRole("dialog", { name: "Sign out everywhere?" })
    .getByRole("button", { name: "Sign out everywhere" })
    .click();

  // Then
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();

  // When
  await other.goto("/account");

  // Then
  await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await elsewhere.close();
});

test("an admin sends a refused mail again", async ({ page, request }) => {
  // Given
  const email = newAddress("refused", "refused.example");
  await register(request, email);
  await signIn(page, ADMIN);
  const card = page.getByRole("listitem").filter({ hasText: email });

  // When
  await expect(async () => {
    await page.goto("/admin/mails");
    await expect(card).toContainText("550 no such mailbox", { timeout: 2_000 });
  }).toPass();
  await card.getByRole("button", { name: "Send again" }).click();

  // Then
  await expect(page.getByText("The mail is being sent again.")).toBeVisible();
  await expect(card).toHaveCount(0);
  expect(await mailTo(email, "Confirm your email")).toContain("/verify-email#token=");

  // When
  await page.getByLabel("Show").selectOption("Sent");

  // Then
  await expect(card).toContainText("Email verification");
});
