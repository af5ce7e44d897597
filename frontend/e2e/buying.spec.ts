import {
  addToCart,
  expect,
  fillInSignIn,
  orderStatus,
  placeOrder,
  SHOPPER,
  signIn,
  test,
  watchForErrors,
} from "./shop.ts";

test("a visitor finds a product, signs in at checkout and sees the order accepted live", async ({
  page,
  admin,
  context,
}) => {
  // Given
  const errors = watchForErrors(context);
  const product = await admin.makeProduct({ price: 19.99 });

  // When
  await page.goto("/");
  const search = page.getByRole("combobox", { name: "Search products" });
  await search.fill(product.name);
  await page.getByRole("option", { name: new RegExp(product.name) }).click();
  await page.getByRole("button", { name: "Increase: Quantity" }).click();
  await page.getByRole("button", { name: "Add to cart", exact: true }).click();

  // Then
  const cart = page.getByRole("dialog", { name: "Your cart" });
  await expect(cart.getByText("€39.98").first()).toBeVisible();

  // When
  await cart.getByRole("link", { name: "Check out" }).click();

  // Then
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fcheckout/);

  // When
  await fillInSignIn(page, SHOPPER);

  // Then
  await expect(page.getByRole("heading", { name: "Checkout" })).toBeVisible();

  // When
  await page.getByRole("button", { name: "Order with obligation to pay" }).dblclick();

  // Then
  await expect(orderStatus(page, "Accepted")).toBeVisible();
  await expect(page.getByRole("button", { name: "Cart 0 items" })).toBeVisible();
  expect(errors).toEqual([]);
});

test("an order that is placed offline is not sent later", async ({ page, admin, context }) => {
  // Given
  const product = await admin.makeProduct();
  await signIn(page, SHOPPER);
  await addToCart(page, product);
  await page.getByRole("link", { name: "Check out" }).click();
  await page.waitForLoadState("networkidle");
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") sent.push(request.url());
  });
  await context.setOffline(true);

  // When
  await page.getByRole("button", { name: "Order with obligation to pay" }).click();

  // Then
  await expect(
    page.getByText("Nothing was sent. Try again when you are back online."),
  ).toBeVisible();

  // When
  sent.length = 0;
  await context.setOffline(false);
  await page.waitForLoadState("networkidle");

  // Then
  await expect(page.getByRole("button", { name: "Order with obligation to pay" })).toBeEnabled();
  expect(sent).toEqual([]);

  // When
  await page.getByRole("button", { name: "Order with obligation to pay" }).click();

  // Then
  await expect(orderStatus(page, "Accepted")).toBeVisible();
});

test("a lost response is not called offline", async ({ page, admin }) => {
  // Given
  const product = await admin.makeProduct();
  await signIn(page, SHOPPER);
  await addToCart(page, product);
  await page.getByRole("link", { name: "Check out" }).click();
  await page.route("**/api/orders", (route) => route.abort("connectionreset"));

  // When
  await page.getByRole("button", { name: "Order with obligation to pay" }).click();

  // Then
  await expect(page.getByRole("alert")).toContainText("We couldn't reach the shop");
  await expect(page.getByText(/You are offline/)).toHaveCount(0);
});

test("checkout and cart show changed prices and stock at their lines", async ({ page, admin }) => {
  // Given
  const [repriced, scarce] = [
    await admin.makeProduct({ price: 5 }),
    await admin.makeProduct({ quantity: 3 }),
  ];
  await signIn(page, SHOPPER);

  // When
  await addToCart(page, repriced);
  await addToCart(page, scarce);
  await page.goto("/checkout");

  // Then
  await expect(page.getByRole("region", { name: "Summary" })).toContainText("Total€14.99");

  // When
  await admin.change(scarce.id, { quantity_delta: -3 });
  await admin.waitUntilSoldOut(scarce.id);
  await page.getByRole("button", { name: "Order with obligation to pay" }).click();

  // Then
  await expect(page.getByRole("alert")).toBeVisible();
  const line = page.getByRole("listitem").filter({ hasText: scarce.name });
  await expect(line.locator(".field-error")).toBeVisible();

  // When
  await admin.change(repriced.id, { price: 6 });
  await page.goto("/cart");

  // Then
  await expect(page.getByText("Price changed from €5.00 to €6.00.")).toBeVisible();
  await expect(page.getByText("Sold out.")).toBeVisible();
});

test("cancelling an accepted order returns its items to stock", async ({ page, admin }) => {
  // Given
  const product = await admin.makeProduct({ quantity: 3 });
  await signIn(page, SHOPPER);

  // When
  await placeOrder(page, product);

  // Then
  await expect(orderStatus(page, "Accepted")).toBeVisible();

  // When
  await page.getByRole("button", { name: "Cancel order" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel this order?" });
  await dialog.getByRole("button", { name: "Cancel order" }).click();

  // Then
  await expect(orderStatus(page, "Cancelled")).toBeVisible();
  await expect(page.getByText("its items are back in stock")).toBeVisible();

  // When
  await page.goto(`/products/${product.id}`);

  // Then
  await expect(page.getByText("3 left")).toBeVisible();
});

test("an expired token is refreshed during checkout and the session survives a reload", async ({
  page,
  admin,
}) => {
  // Given
  const product = await admin.makeProduct();
  await signIn(page, SHOPPER);

  // When
  await addToCart(page, product);
  let refused = 0;
  await page.route("**/api/orders", async (route) => {
    const isFirst = route.request().method() === "POST" && refused === 0;
    if (!isFirst) return route.continue();
    refused += 1;
    const headers = { ...route.request().headers(), authorization: "Bearer expired" };
    return route.continue({ headers });
  });
  const refresh = page.waitForResponse("**/api/refresh");
  await page.getByRole("link", { name: "Check out" }).click();
  await page.getByRole("button", { name: "Order with obligation to pay" }).click();

  // Then
  expect((await refresh).status()).toBe(200);
  await expect(orderStatus(page, "Accepted")).toBeVisible();

  // When
  await page.reload();

  // Then
  await expect(orderStatus(page, "Accepted")).toBeVisible();
  expect(refused).toBe(1);
});

test("signing out in one tab signs out in the other", async ({ page, context }) => {
  // Given
  await signIn(page, SHOPPER);
  const otherPage = await context.newPage();

  // When
  await otherPage.goto("/orders");

  // Then
  await expect(otherPage.getByRole("heading", { name: "Your orders" })).toBeVisible();

  // When
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();

  // Then
  await expect(otherPage.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("the cart is the same in two tabs", async ({ page, context, admin }) => {
  // Given
  const product = await admin.makeProduct();
  const otherPage = await context.newPage();

  // When
  await otherPage.goto("/cart");
  await addToCart(page, product);

  // Then
  await expect(otherPage.getByRole("button", { name: "Cart 1 item" })).toBeVisible();
  await expect(otherPage.getByRole("main").getByText(product.name)).toBeVisible();
});
