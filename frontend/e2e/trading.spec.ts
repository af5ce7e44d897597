import AxeBuilder from "@axe-core/playwright";
import type { Browser, Page } from "@playwright/test";
import {
  ADMIN,
  type Admin,
  addToCart,
  expect,
  OTHER_SHOPPER,
  orderStatus,
  placeOrder,
  signIn,
  test,
} from "./shop.ts";

const ORDER = "Order with obligation to pay";

async function openAs(browser: Browser, email: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await signIn(page, email);
  return page;
}

/** Make a delivery method to Germany for a test, and delete it afterwards. */
async function withParcel(admin: Admin, action: (id: string) => Promise<void>): Promise<void> {
  const id = `test-${Date.now().toString(36)}`;
  await admin.putDeliveryMethod(id, 4.9);
  try {
    await action(id);
  } finally {
    await admin.deleteDeliveryMethod(id);
  }
}

/** Fill in the checkout with a parcel to a new address in Germany. */
async function chooseParcel(page: Page, id: string): Promise<void> {
  await page.getByLabel("Country or region").selectOption("DE");
  await page.getByRole("radio", { name: `Parcel ${id}` }).check();
  const another = page.getByRole("radio", { name: "Another address" });
  if (await another.isVisible()) await another.check();
  await page.getByLabel("Full name").fill("Ann Lee");
  await page.getByLabel("Street address").fill("Unter den Linden 1");
  await page.getByLabel(/^Post/).fill("10117");
  await page.getByLabel("City").fill("Berlin");
}

async function seriousViolations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}

/** Open an action of the desk, and record what the dialog suggests. */
async function record(desk: Page, action: string, button: string, done: string): Promise<void> {
  await desk.getByRole("button", { name: action, exact: true }).click();
  await desk.getByRole("dialog").getByRole("button", { name: button }).click();
  await expect(desk.getByText(done, { exact: true })).toBeVisible();
}

function orderId(page: Page): string {
  return new URL(page.url()).pathname.split("/").at(-1) ?? "";
}

test("an order is collected and paid in the shop", async ({ page, browser, admin }) => {
  // Given
  const product = await admin.makeProduct({ price: 12 });
  await signIn(page, OTHER_SHOPPER);
  await placeOrder(page, product);
  await expect(orderStatus(page, "Accepted")).toBeVisible();
  await expect(
    page.getByText(/^Collect your order by .*, and pay €12.00 in the shop.$/),
  ).toBeVisible();
  const number = await page.locator(".order-number").innerText();

  // When
  const desk = await openAs(browser, ADMIN);
  await desk.goto("/admin/orders");
  await desk.getByLabel("Number").fill(number.toLowerCase());
  await desk.getByRole("link", { name: number }).click();
  await record(desk, "Hand over", "Record payment and collection", "Collection recorded.");

  // Then: the button is gone, and the keyboard stays on the page.
  await expect
    .poll(() => desk.evaluate(() => document.activeElement?.closest("main") !== null))
    .toBe(true);
  await expect(desk.getByText("The customer has collected the order.")).toBeVisible();
  await page.reload();
  await expect(page.getByText("You have collected your order.")).toBeVisible();
  await expect(page.getByRole("region", { name: "Summary" })).toContainText("Paid€12.00");
  await expect(page.getByRole("button", { name: "Cancel order" })).toHaveCount(0);
});

test("an order is paid by transfer, shipped and tracked", async ({ page, browser, admin }) => {
  await withParcel(admin, async (id) => {
    // Given
    const product = await admin.makeProduct({ price: 30 });
    await signIn(page, OTHER_SHOPPER);
    await addToCart(page, product);
    await page.getByRole("link", { name: "Check out" }).click();
    await chooseParcel(page, id);
    await page.getByLabel("Note to the shop (optional)").fill("Ring twice.");

    // When: a reload keeps what was typed.
    await page.reload();

    // Then
    await expect(page.getByLabel("Street address")).toHaveValue("Unter den Linden 1");
    await expect(page.getByRole("region", { name: "Summary" })).toContainText("Total€34.90");

    // When
    await page.getByRole("button", { name: ORDER }).dblclick();

    // Then
    await expect(page.getByText(/^Transfer €34.90 by /)).toBeVisible();
    const details = page.getByRole("region", { name: "Pay by bank transfer" });
    const number = await page.locator(".order-number").innerText();
    await expect(details).toContainText(number);
    const qr = details.getByRole("img", { name: /QR code/ });
    await expect(qr).toBeVisible();
    expect(await qr.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
    expect(await seriousViolations(page), "order to pay").toEqual([]);

    // When
    const desk = await openAs(browser, ADMIN);
    await desk.goto("/admin/orders?view=to-pay");
    await desk.getByRole("link", { name: number }).click();
    await record(desk, "Record payment", "Record payment", "Payment recorded.");
    await desk.getByRole("button", { name: "Ship", exact: true }).click();
    const dialog = desk.getByRole("dialog");
    await dialog.getByLabel("Carrier (optional)").fill("DHL");
    await dialog.getByLabel("Tracking number (optional)").fill("0034");
    await dialog.getByLabel("Tracking link (optional)").fill("https://carrier.example/0034");
    expect(await seriousViolations(desk), "dialog to ship").toEqual([]);
    await dialog.getByRole("button", { name: "Record shipment" }).click();

    // Then
    await expect(desk.getByText("Shipment recorded.")).toBeVisible();
    await page.reload();
    await expect(page.getByText(/^Sent with DHL on /)).toBeVisible();
    await expect(page.getByRole("link", { name: "Track this shipment" })).toHaveAttribute(
      "href",
      "https://carrier.example/0034",
    );

    // When
    await record(desk, "Delivered", "Record delivery", "Delivery recorded.");

    // Then
    await page.reload();
    await expect(page.getByText("Your order was delivered.")).toBeVisible();
  });
});

test("a part is shipped, the rest is closed and paid back", async ({ page, browser, admin }) => {
  await withParcel(admin, async (id) => {
    // Given
    const product = await admin.makeProduct({ price: 10 });
    await signIn(page, OTHER_SHOPPER);
    await addToCart(page, product);
    await page
      .getByRole("dialog", { name: "Your cart" })
      .getByRole("button", { name: /^Increase/ })
      .click();
    await page.keyboard.press("Escape");
    await page.goto("/checkout");
    await chooseParcel(page, id);
    await page.getByRole("button", { name: ORDER }).click();
    await expect(page.getByText(/^Transfer €24.90 by /)).toBeVisible();

    // When
    const desk = await openAs(browser, ADMIN);
    await desk.goto(`/admin/orders/${orderId(page)}`);
    await record(desk, "Record payment", "Record payment", "Payment recorded.");
    await desk.getByRole("button", { name: "Ship", exact: true }).click();
    await desk.getByRole("button", { name: /^Decrease/ }).click();
    await desk.getByRole("button", { name: "Record shipment" }).click();
    await expect(desk.getByText("Ship the rest, or close it.")).toBeVisible();
    await page.reload();
    await expect(page.getByText(/^We have sent a part of your order/)).toBeVisible();
    await desk.getByRole("button", { name: "Close the rest" }).click();
    await desk.getByLabel("Reason").fill("Broken");
    await desk.getByRole("button", { name: "Close these items" }).click();

    // Then
    await expect(desk.getByText("Pay back €10.00.")).toBeVisible();
    await page.reload();
    await expect(page.getByText("1 can't be delivered: Broken")).toBeVisible();
    await expect(page.getByRole("region", { name: "Summary" })).toContainText(
      "To be paid back€10.00",
    );

    // When
    await desk.goto("/admin/orders?view=to-refund");
    await desk.locator(`a[href="/admin/orders/${orderId(page)}"]`).click();
    await desk.getByRole("button", { name: "Mark €10.00 as paid" }).click();
    await desk.getByRole("button", { name: "Record as paid" }).click();

    // Then
    await expect(desk.getByText("Refund recorded as paid.")).toBeVisible();
    await page.reload();
    await expect(page.getByRole("region", { name: "Summary" })).toContainText("Paid back€10.00");
  });
});

test("a fee that changed meanwhile is shown before the order is placed", async ({
  page,
  admin,
}) => {
  await withParcel(admin, async (id) => {
    // Given
    const product = await admin.makeProduct({ price: 30 });
    await signIn(page, OTHER_SHOPPER);
    await addToCart(page, product);
    await page.getByRole("link", { name: "Check out" }).click();
    await chooseParcel(page, id);
    await expect(page.getByRole("region", { name: "Summary" })).toContainText("Total€34.90");
    await admin.putDeliveryMethod(id, 6.9);

    // When
    await page.getByRole("button", { name: ORDER }).click();

    // Then
    const methods = page.getByRole("radiogroup", { name: "How you get your order" });
    await expect(methods).toContainText("The fee is now 6.90.");
    await expect(page.getByRole("region", { name: "Summary" })).toContainText("Total€36.90");
    expect(await seriousViolations(page), "checkout with an error").toEqual([]);

    // When
    await page.getByRole("button", { name: ORDER }).click();

    // Then
    await expect(page.getByText(/^Transfer €36.90 by /)).toBeVisible();
  });
});

test("an admin adds a delivery method that customers then see", async ({ page, admin }) => {
  // Given
  const name = `Courier ${Date.now().toString(36)}`;
  const product = await admin.makeProduct();
  await signIn(page, ADMIN);
  await page.goto("/admin/delivery-methods");

  // When
  await page.getByRole("button", { name: "Add method" }).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Add a country").selectOption("DE");
  await page.getByLabel("Fee", { exact: true }).fill("9,50");
  await page.getByLabel("Days").fill("1");
  await page.getByRole("button", { name: "Save method" }).click();

  // Then
  await expect(page.getByRole("heading", { name })).toBeVisible();

  // When
  await addToCart(page, product);
  await page.goto("/checkout");
  await page.getByLabel("Country or region").selectOption("DE");

  // Then
  await expect(page.getByText(name)).toBeVisible();

  // When
  await page.goto("/admin/delivery-methods");
  await page.getByRole("button", { name: `Delete ${name}` }).click();

  // Then
  await expect(page.getByRole("heading", { name })).toHaveCount(0);
});
