import { fileURLToPath } from "node:url";
import { ADMIN, expect, SHOPPER, signIn, test } from "./shop.ts";

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
  await expect(shopper.getByText("€24.50")).toBeVisible();
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
