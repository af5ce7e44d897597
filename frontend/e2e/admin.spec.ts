import { fileURLToPath } from "node:url";
import { ADMIN, expect, SHOPPER, signIn, test } from "./shop.ts";

const PICTURE = fileURLToPath(new URL("../demo/stoneware-mug-moss.webp", import.meta.url));

test("an administrator adds a product with a picture, and a shopper sees it", async ({
  page,
  browser,
}) => {
  const name = `enamel jug ${Date.now().toString(36)}`;
  await signIn(page, ADMIN);
  await page.goto("/admin/products");
  await page.getByRole("button", { name: "New product" }).click();
  const drawer = page.getByRole("dialog", { name: "New product" });
  await drawer.getByRole("button", { name: "Save" }).click();
  await expect(drawer.getByText("A product needs a name.")).toBeVisible();
  await drawer.locator("input[type=file]").setInputFiles(PICTURE);
  await expect(drawer.getByAltText("Preview of the chosen file")).toBeVisible();
  await drawer.getByLabel("Name").fill(name);
  await drawer.getByLabel("Price").fill("24.50");
  await drawer.getByLabel("In stock").fill("7");
  await drawer.getByText("Kitchen").click();
  await drawer.getByRole("button", { name: "Save" }).click();
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

test("an edit that someone overtook shows both sides and keeps the choice", async ({
  page,
  admin,
}) => {
  const product = await admin.makeProduct({ price: 10 });
  await signIn(page, ADMIN);
  await page.goto(`/admin/products?edit=${product.id}`);
  const drawer = page.getByRole("dialog", { name: "Edit product" });
  await drawer.getByLabel("Price").fill("12");
  await admin.change(product.id, { description: "Theirs now." });
  await drawer.getByRole("button", { name: "Save" }).click();
  await expect(drawer.getByText("Someone changed this product meanwhile")).toBeVisible();
  await drawer
    .getByRole("group", { name: "Description" })
    .getByRole("radio", { name: /Theirs/ })
    .click();
  await drawer.getByRole("button", { name: "Go on with these" }).click();
  await drawer.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText(`Saved ${product.name}.`)).toBeVisible();
  await page.goto(`/products/${product.id}`);
  await expect(page.getByText("€12.00")).toBeVisible();
  await expect(page.getByText("Theirs now.")).toBeVisible();
});

test("stock goes up by a difference, and an archived product comes back by Undo", async ({
  page,
  admin,
}) => {
  const product = await admin.makeProduct({ quantity: 2 });
  await signIn(page, ADMIN);
  await page.goto(`/admin/products?q=${encodeURIComponent(product.name)}`);
  await page.getByRole("button", { name: `Stock of ${product.name}: 2. Change it` }).click();
  const dialog = page.getByRole("dialog", { name: `Stock of ${product.name}` });
  await dialog.getByLabel("Change").fill("+40");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(
    page.getByRole("button", { name: `Stock of ${product.name}: 42. Change it` }),
  ).toBeVisible();
  await page.getByRole("button", { name: `Archive ${product.name}` }).click();
  await expect(page.getByText("Archived", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("button", { name: `Archive ${product.name}` })).toBeVisible();
});

test("the dashboard has its figures also as a table", async ({ page }) => {
  await signIn(page, ADMIN);
  await page.goto("/admin");
  await expect(page.getByRole("heading", { name: "By day" })).toBeVisible();
  await page.getByText("The figures as a table").click();
  await expect(
    page.getByRole("table", { name: "Orders and revenue by day, newest first" }).getByRole("row"),
  ).toHaveCount(31);
});

test("a shopper who opens the administration is told whom it is for", async ({ page }) => {
  await signIn(page, SHOPPER);
  await page.goto("/admin/products");
  await expect(
    page.getByRole("heading", { level: 1, name: "This page is for administrators" }),
  ).toBeVisible();
  await expect(page.getByText(`You are signed in as ${SHOPPER}.`)).toBeVisible();
});

test("on a phone the link of the page that is open lies in view", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await signIn(page, ADMIN);
  await page.goto("/admin/parked");
  await expect(
    page.getByRole("navigation", { name: "Administration" }).getByRole("link", {
      name: "Parked events",
    }),
  ).toBeInViewport({ ratio: 1 });
});
