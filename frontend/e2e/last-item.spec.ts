import { expect, OTHER_SHOPPER, orderStatus, SHOPPER, signal, signIn, test } from "./shop.ts";

test.afterEach(() => signal("products", "CONT"));

test("two orders for the last piece wait while products-ms stands still; then one is accepted and one rejected, live", async ({
  browser,
  admin,
}) => {
  const product = await admin.makeProduct({ quantity: 1 });
  const pages = await Promise.all(
    [SHOPPER, OTHER_SHOPPER].map(async (email) => {
      const page = await (await browser.newContext()).newPage();
      await signIn(page, email);
      await page.goto(`/products/${product.id}`);
      await page.getByRole("button", { name: "Add to cart" }).click();
      await page.getByRole("link", { name: "Check out" }).click();
      await expect(page.getByRole("button", { name: "Place order" })).toBeEnabled();
      return page;
    }),
  );

  signal("products", "STOP");
  for (const page of pages) {
    await page.getByRole("button", { name: "Place order" }).click();
    await expect(orderStatus(page, "Placed")).toBeVisible();
  }
  signal("products", "CONT");

  const settled = pages.map((page) =>
    page.getByRole("heading", { level: 1, name: /Accepted|Rejected/ }),
  );
  for (const heading of settled) await expect(heading).toBeVisible({ timeout: 40_000 });
  const outcomes = await Promise.all(
    settled.map(async (heading) => (await heading.innerText()).trim()),
  );
  expect(outcomes.map((each) => each.replace(/^Order\s*/, "")).toSorted()).toEqual([
    "Accepted",
    "Rejected",
  ]);
  const [loser] = pages.filter((_, index) => outcomes[index]?.endsWith("Rejected"));
  if (!loser) throw new Error("Nobody was rejected.");
  await expect(loser.locator(".field-error").first()).toBeVisible();
  await expect(loser.getByRole("button", { name: "Put the rest back into my cart" })).toBeVisible();
});
