import { fileURLToPath } from "node:url";
import { ADMIN, expect, OTHER_SHOPPER, placeOrder, SHOPPER, signIn, test } from "./shop.ts";

const PICTURE = fileURLToPath(new URL("../demo/stoneware-mug-moss.webp", import.meta.url));

test("an admin adds a product with a picture and a shopper sees it", async ({ page, browser }) => {
  // Given
  const name = `enamel jug ${Date.now().toString(36)}`;
  await signIn(page, ADMIN);

  // When
  await page.goto("/admin/products");
  await page.getByRole("button", { name: "Add product" }).click();
  const drawer = page.getByRole("dialog", { name: "New product" });
  await drawer.getByRole("button", { name: "Create product" }).click();

  // Then
  await expect(drawer.getByText("Enter a name.")).toBeVisible();

  // When
  await drawer.locator("input[type=file]").setInputFiles(PICTURE);

  // Then
  await expect(drawer.getByAltText("Preview of the chosen file")).toBeVisible();

  // When
  await drawer.getByLabel("Name").fill(name);
  await drawer.getByLabel("Price").fill("24.50");
  await drawer.getByLabel("Initial stock").fill("7");
  await drawer.getByText("Kitchen").click();
  await drawer.getByRole("button", { name: "Create product" }).click();

  // Then
  await expect(page.getByText(`Added ${name}.`)).toBeVisible();

  const shopper = await (await browser.newContext()).newPage();
  await shopper.goto(`/products?q=${encodeURIComponent(name)}`);
  await shopper.getByRole("main").getByRole("link", { name }).click();
  const picture = shopper.getByRole("img", { name: `Picture of ${name}` });
  await expect(picture).toBeVisible();
  await expect
    .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
    .toBeGreaterThan(0);
  await expect(shopper.locator(".product-price")).toHaveText("€24.50");
});

test("a half-written form is not left without a question", async ({ page }) => {
  // Given
  await signIn(page, ADMIN);
  await page.goto("/admin/orders");
  const sections = page.getByRole("navigation", { name: "Administration" });
  await sections.getByRole("link", { name: "Products" }).click();
  await page.getByRole("button", { name: "Add product" }).click();
  const name = page.getByRole("dialog", { name: "New product" }).getByLabel("Name");
  await name.fill("half a name");
  const question = page.getByRole("dialog", { name: "Discard your changes?" });
  const keep = question.getByRole("button", { name: "Keep editing" });

  // When
  for (const leave of [() => page.goBack(), () => page.keyboard.press("Escape")]) {
    await leave();

    // Then
    await expect(question).toBeVisible();
    await expect(page).toHaveURL("/admin/products?edit=new");

    // When
    await keep.click();

    // Then
    await expect(question).toBeHidden();
    await expect(name).toHaveValue("half a name");
  }

  // When
  await page.evaluate(() => {
    history.back();
    history.back();
  });

  // Then
  await expect(question).toBeVisible();
  await expect(page).toHaveURL("/admin/products?edit=new");
  await page.waitForLoadState("networkidle");

  // When
  await question.getByRole("button", { name: "Keep editing" }).click();
  await expect(question).toBeHidden();
  const [dialog] = await Promise.all([
    page.waitForEvent("dialog"),
    page.evaluate(() => setTimeout(() => location.reload())),
  ]);

  // Then
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();
  await expect(name).toHaveValue("half a name");

  // When
  await page.goBack();
  await question.getByRole("button", { name: "Discard changes" }).click();

  // Then
  await expect(page).toHaveURL("/admin/products");
  await expect(name).toBeHidden();

  // When
  await page.goForward();

  // Then
  await expect(page).toHaveURL("/admin/products?edit=new");
  await expect(name).toHaveValue("");

  // When
  await page.goBack();
  await page.goBack();

  // Then
  await expect(page).toHaveURL("/admin/orders");
});

test("an edit conflict shows both versions and saves the chosen values", async ({
  page,
  admin,
}) => {
  // Given
  const product = await admin.makeProduct({ price: 10 });
  await signIn(page, ADMIN);

  // When
  await page.goto(`/admin/products?edit=${product.id}`);
  const drawer = page.getByRole("dialog", { name: "Edit product" });
  await drawer.getByLabel("Price").fill("12");
  await admin.change(product.id, { description: "Changed by someone else." });
  await drawer.getByRole("button", { name: "Save changes" }).click();

  // Then
  await expect(drawer.getByText("Someone else changed this product")).toBeVisible();

  // When
  await drawer
    .getByRole("group", { name: "Description" })
    .getByRole("radio", { name: /Theirs/ })
    .click();
  await drawer.getByRole("button", { name: "Continue with these values" }).click();
  await drawer.getByRole("button", { name: "Save changes" }).click();

  // Then
  await expect(page.getByText(`Saved ${product.name}.`)).toBeVisible();

  // When
  await page.goto(`/products/${product.id}`);

  // Then
  await expect(page.getByText("€12.00")).toBeVisible();
  await expect(page.getByText("Changed by someone else.")).toBeVisible();
});

test("stock changes by a difference and Undo restores an archived product", async ({
  page,
  admin,
}) => {
  // Given
  const product = await admin.makeProduct({ quantity: 2 });
  await signIn(page, ADMIN);

  // When
  await page.goto(`/admin/products?q=${encodeURIComponent(product.name)}`);
  await page.getByRole("button", { name: `Change stock of ${product.name}: 2` }).click();
  const dialog = page.getByRole("dialog", { name: `Stock of ${product.name}` });
  await dialog.getByLabel("Change").fill("+40");
  await dialog.getByRole("button", { name: "Save changes" }).click();

  // Then
  await expect(
    page.getByRole("button", { name: `Change stock of ${product.name}: 42` }),
  ).toBeVisible();

  // When
  await page.getByRole("button", { name: `Archive ${product.name}` }).click();

  // Then
  await expect(page.getByText("Archived", { exact: true })).toBeVisible();

  // When
  await page.getByRole("button", { name: "Undo" }).click();

  // Then
  await expect(page.getByRole("button", { name: `Archive ${product.name}` })).toBeVisible();
});

test("the dashboard shows its figures as a table", async ({ page }) => {
  // Given
  await signIn(page, ADMIN);

  // When
  await page.goto("/admin");

  // Then
  await expect(page.getByRole("heading", { name: "By day" })).toBeVisible();

  // When
  await page.getByText("Show as table").click();

  // Then
  await expect(
    page.getByRole("table", { name: "Orders and revenue by day, newest first" }).getByRole("row"),
  ).toHaveCount(31);
});

test("a shopper is denied access to the administration", async ({ page }) => {
  // Given
  await signIn(page, SHOPPER);

  // When
  await page.goto("/admin/products");

  // Then
  await expect(page.getByRole("heading", { level: 1, name: "Access denied" })).toBeVisible();
  await expect(page.getByText(`You are signed in as ${SHOPPER}.`)).toBeVisible();
});

test("the navigation scrolls to the current page on a phone", async ({ page }) => {
  // Given
  await page.setViewportSize({ width: 360, height: 740 });
  await signIn(page, ADMIN);

  // When
  await page.goto("/admin/dead-letters");

  // Then
  await expect(
    page.getByRole("navigation", { name: "Administration" }).getByRole("link", {
      name: "Dead letters",
    }),
  ).toBeInViewport({ ratio: 1 });
});

test("an order stays within the administration and is found by the beginning of a domain", async ({
  page,
  browser,
  admin,
}) => {
  // Given
  const product = await admin.makeProduct({ quantity: 5 });
  const shopper = await (await browser.newContext()).newPage();
  await signIn(shopper, OTHER_SHOPPER);
  await placeOrder(shopper, product);
  const id = new URL(shopper.url()).pathname.split("/").at(-1);
  await signIn(page, ADMIN);

  // When
  await page.goto("/admin/orders");
  await page.getByLabel("Email").fill("  BBB.");

  // Then
  const order = page.getByRole("row", { name: OTHER_SHOPPER }).first();
  await expect(order).toBeVisible();
  await expect(page.getByRole("cell", { name: SHOPPER })).toHaveCount(0);

  // When
  await page.goto(`/admin/orders/${id}`);

  // Then
  await expect(page.getByRole("heading", { level: 1, name: /^Order/ })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Administration" })).toBeVisible();

  // When
  await page.getByRole("link", { name: OTHER_SHOPPER }).click();
  await page.getByRole("row", { name: OTHER_SHOPPER }).getByRole("link").click();

  // Then
  await expect(page.getByRole("heading", { level: 1, name: OTHER_SHOPPER })).toBeVisible();
  await expect(page.locator(`a[href="/admin/orders/${id}"]`)).toBeVisible();

  // When
  await page.locator(`a[href="/admin/orders/${id}"]`).click();
  await page.getByRole("link", { name: "All orders" }).first().click();

  // Then
  await expect(page).toHaveURL(/\/admin\/orders$/);
});

test("several products change at once, one is refused, and Undo restores the others", async ({
  page,
  admin,
}) => {
  // Given
  const [first, second, stale] = [
    await admin.makeProduct({ price: 10, quantity: 4 }),
    await admin.makeProduct({ price: 20, quantity: 4 }),
    await admin.makeProduct({ price: 30, quantity: 4 }),
  ];
  await signIn(page, ADMIN);
  await page.goto("/admin/products");
  for (const product of [first, second, stale]) {
    await page.getByRole("checkbox", { name: `Select ${product.name}` }).check();
  }

  // When
  await page.getByRole("button", { name: "Change selected…" }).click();
  const dialog = page.getByRole("dialog", { name: "Change 3 products" });
  await dialog.getByLabel("Action").selectOption({ label: "Increase the price by a percentage" });
  await dialog.getByLabel("Percentage").fill("10");

  // Then
  await expect(dialog.getByRole("row", { name: first.name })).toContainText("€11.00");

  // When
  await admin.change(stale.id, { description: "Changed by someone else." });
  await dialog.getByRole("button", { name: "Change 3 products" }).click();

  // Then
  const result = page.getByRole("region", { name: "Changed 2 products" });
  await expect(result).toContainText(
    `${stale.name}: Someone else has changed the product. Reload it and try again.`,
  );
  const price = (product: { name: string }) =>
    page.getByRole("button", { name: `Edit the price of ${product.name}` });
  await expect(price(first)).toHaveText("€11.00");
  await expect(price(second)).toHaveText("€22.00");
  await expect(price(stale)).toHaveText("€30.00");

  // When
  await result.getByRole("button", { name: "Undo" }).click();

  // Then
  await expect(page.getByRole("region", { name: "Undone for 2 products" })).toBeVisible();
  await expect(price(first)).toHaveText("€10.00");
  await expect(price(second)).toHaveText("€20.00");

  // When
  await price(first).press("Enter");
  await page.getByRole("textbox", { name: `New price of ${first.name}` }).fill("9,50");
  await page.keyboard.press("Enter");

  // Then
  await expect(price(first)).toHaveText("€9.50");
  await expect(price(first)).toBeFocused();
});

test("the audit shows who changed a price", async ({ page, admin }) => {
  // Given
  const product = await admin.makeProduct({ price: 10 });
  await admin.change(product.id, { price: 12 });
  await signIn(page, ADMIN);

  // When
  await page.goto("/admin/audit");
  await page.getByLabel("By", { exact: true }).fill("ADMIN.com");

  // Then
  const entry = page.getByRole("row", { name: product.name }).first();
  await expect(entry).toContainText(ADMIN);
  await expect(entry).toContainText("Price: 10.00 12.00");
});

const WIDTHS = [320, 340, 360, 390, 768, 820, 1024, 1366];

for (const path of [
  "/admin",
  "/admin/products",
  "/admin/orders",
  "/admin/delivery-methods",
  "/admin/users",
  "/admin/audit",
  "/admin/dead-letters",
  "/admin/categories",
]) {
  test(`${path} never scrolls sideways`, async ({ page }) => {
    await signIn(page, ADMIN);
    await page.goto(path);
    await page.waitForLoadState("networkidle");
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      const overflow = await page
        .locator(".section-layout")
        .evaluate((element) => element.scrollWidth - element.clientWidth);
      expect(overflow, `${width} px`).toBeLessThanOrEqual(0);
    }
  });
}
