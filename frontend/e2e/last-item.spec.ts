import { expect, OTHER_SHOPPER, orderStatus, SHOPPER, signal, signIn, test } from "./shop.ts";

test.afterEach(() => signal("products", "CONT"));

test("of two orders for the last item, one is accepted and one rejected after products-ms resumes", async ({
  browser,
  admin,
}) => {
  // Given
  const product = await admin.makeProduct({ quantity: 1 });
  const pages = await Promise.all(
    [SHOPPER, OTHER_SHOPPER].map(async (email) => {
      const page = await (await browser.newContext()).newPage();
      await signIn(page, email);
      await page.goto(`/products/${product.id}`);
      await page.getByRole("button", { name: "Add to cart", exact: true }).click();
      await page.getByRole("link", { name: "Check out" }).click();
      await expect(
        page.getByRole("button", { name: "Order with obligation to pay" }),
      ).toBeEnabled();
      return page;
    }),
  );

  // When
  signal("products", "STOP");
  for (const page of pages) {
    await page.getByRole("button", { name: "Order with obligation to pay" }).click();
    await expect(orderStatus(page, "Placed")).toBeVisible();
  }
  signal("products", "CONT");

  // Then
  const settled = pages.map((page) =>
    page.getByRole("heading", { level: 1, name: /Accepted|Rejected/ }),
  );
  for (const heading of settled) await expect(heading).toBeVisible({ timeout: 40_000 });
  const outcomes = await Promise.all(
    settled.map(async (heading) => (await heading.innerText()).trim()),
  );
  expect(outcomes.map((outcome) => outcome.replace(/^Order\s*/, "")).toSorted()).toEqual([
    "Accepted",
    "Rejected",
  ]);
  const [rejectedPage] = pages.filter((_, index) => outcomes[index]?.endsWith("Rejected"));
  if (!rejectedPage) throw new Error("No order was rejected.");
  await expect(rejectedPage.locator(".field-error").first()).toBeVisible();
  await expect(
    rejectedPage.getByRole("button", { name: "Add available items to cart" }),
  ).toBeVisible();
});
