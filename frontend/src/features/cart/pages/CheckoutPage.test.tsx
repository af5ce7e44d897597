import { act, cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endSession, startSession } from "@/lib/session";
import {
  aCollectionOffer,
  anAddress,
  anOrder,
  aParcelOffer,
  aProduct,
  aToken,
  BOWL_ID,
  MUG_ID,
} from "@/testing/data";
import { fakeLocks } from "@/testing/fakeLocks";
import { openShop, visit } from "@/testing/render";
import {
  gate,
  json,
  PROFILE,
  problem,
  productPage,
  recordRequests,
  server,
} from "@/testing/server";
import { addLine, cartStore, removeLine } from "../cartStore";

interface PlacedOrder {
  key: string | null;
  body: unknown;
}

const bowl = aProduct({ id: BOWL_ID, name: "bowl", price: 0.1 });

/** Record placed orders and answer each with the next response. */
function recordOrders(...responses: (() => Response)[]): PlacedOrder[] {
  const placed: PlacedOrder[] = [];
  server.use(
    http.post("*/api/orders", async ({ request }) => {
      placed.push({ key: request.headers.get("Idempotency-Key"), body: await request.json() });
      return (responses.shift() ?? created)();
    }),
    http.get("*/api/orders/:id", () => HttpResponse.json(anOrder({ status: "ACCEPTED" }))),
  );
  return placed;
}

const created = () => HttpResponse.json(anOrder({ status: "ACCEPTED" }), { status: 201 });
const priceChanged = () =>
  problem(409, "price-changed", "Some prices have changed.", [
    { field: "products.0", message: "The price is now 15.00." },
  ]);
/** Wait until the order can be placed, and return the button. */
async function placeButton() {
  const button = await screen.findByRole("button", { name: "Order with obligation to pay" });
  await waitFor(() => expect(button).toBeEnabled());
  return button;
}

/** The row of the total in the summary. */
async function total() {
  const summary = await screen.findByRole("region", { name: "Summary" });
  return within(summary).getByText("Total").parentElement;
}

beforeEach(() => {
  server.use(http.get("*/api/products", () => HttpResponse.json(productPage([aProduct(), bowl]))));
  addLine(aProduct(), 2);
  addLine(bowl, 3);
});

describe("visitor at checkout", () => {
  it("signs in and returns to checkout", async () => {
    // Given
    server.use(http.post("*/api/login", () => HttpResponse.json({ access_token: aToken() })));
    const { user } = openShop("/checkout");

    // When
    await user.type(await screen.findByLabelText("Email"), "ada@example.com");
    await user.type(screen.getByLabelText("Password"), "correct horse{Enter}");

    // Then
    expect(await screen.findByRole("heading", { name: "Checkout" })).toBeVisible();
    expect(location.pathname).toBe("/checkout");
    expect(await screen.findByText(/^Signed in as ada@example.com./)).toBeVisible();
  });
});

describe("placing an order", () => {
  beforeEach(() => startSession(aToken()));

  it("sends the displayed prices and empties the cart", async () => {
    // Given
    const placed = recordOrders();

    // When
    const { user } = openShop("/checkout");

    // Then
    expect(await total()).toHaveTextContent("€29.30");

    // When
    await user.click(await placeButton());

    // Then
    expect(await screen.findByRole("heading", { name: /Accepted/ })).toBeVisible();
    expect(placed[0]?.body).toEqual({
      products: [
        { id: MUG_ID, quantity: 2, price: 14.5 },
        { id: BOWL_ID, quantity: 3, price: 0.1 },
      ],
      contact: { name: "", phone: "" },
      delivery: { method: "collection", fee: 0, address: null },
      payment: { method: "ON_COLLECTION" },
      note: "",
    });
    expect(cartStore.get().lines).toEqual([]);
  });

  it("sends one request on a double click", async () => {
    // Given
    const placed = recordOrders();
    const { user } = openShop("/checkout");

    // When
    await user.dblClick(await placeButton());

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(placed).toHaveLength(1);
  });

  it("uses the same key again after a timeout", async () => {
    // Given
    const placed = recordOrders(() => problem(504, "gateway-timeout", "No answer in time."));
    const { user } = openShop("/checkout");

    // When
    await user.click(await placeButton());

    // Then
    expect(await screen.findByText("No answer in time.")).toBeVisible();

    // When
    await user.click(await placeButton());

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(placed[0]?.key).toMatch(/^[0-9a-f]{32}$/);
    expect(placed[1]?.key).toBe(placed[0]?.key);
  });

  it("tells that the cart was ordered before it was changed, and orders the rest on request", async () => {
    // Given: the first order was placed, although its response was lost.
    const placed = recordOrders(
      () => HttpResponse.error(),
      () => problem(422, "idempotency-key-reused", "The key was used for another order."),
    );
    const { user } = openShop("/checkout");
    await user.click(await placeButton());
    await screen.findByText("We couldn't reach the shop");
    act(() => addLine(bowl, 1));

    // When
    await user.click(await placeButton());

    // Then
    expect(await screen.findByText("You have already ordered from this cart")).toBeVisible();
    expect(screen.getByRole("link", { name: "View your orders" })).toBeVisible();
    expect(placed[1]?.key).toBe(placed[0]?.key);

    // When
    await user.click(screen.getByRole("button", { name: "Order these items too" }));
    await user.click(await placeButton());

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(placed).toHaveLength(3);
    expect(placed[2]?.body).toEqual(placed[1]?.body);
    expect(placed[2]?.key).not.toBe(placed[0]?.key);
  });

  it("shows a refusal at its line, even after another tab removes a line", async () => {
    // Given
    const errors = [{ field: "products.1", message: "Only 1 left." }];
    recordOrders(() => problem(409, "insufficient-stock", "There is not enough stock.", errors));
    const { user } = openShop("/checkout");

    // When
    await user.click(await placeButton());

    // Then
    const note = await screen.findByText("Only 1 left.");
    expect(note.closest("li")).toHaveTextContent("bowl");

    // When
    // The error must stay at its line when another tab removes an earlier line.
    act(() => void removeLine(MUG_ID));

    // Then
    await waitFor(() => expect(screen.queryByText("mug")).toBeNull());
    expect(screen.getByText("Only 1 left.").closest("li")).toHaveTextContent("bowl");
  });

  it("uses the stored key again after a reload", async () => {
    // Given
    const placed = recordOrders(() => HttpResponse.error());
    const { user } = openShop("/checkout");

    // When
    await user.click(await placeButton());
    await screen.findByText("We couldn't reach the shop");
    cleanup();
    const { user: userAfterReload } = openShop("/checkout");
    await userAfterReload.click(await placeButton());
    await screen.findByRole("heading", { name: /Accepted/ });

    // Then
    expect(placed).toHaveLength(2);
    expect(placed[1]).toEqual(placed[0]);
  });

  it("uses a new key after a completed order", async () => {
    // Given
    const placed = recordOrders();
    const { user } = openShop("/checkout");

    // When
    await user.click(await placeButton());
    await screen.findByRole("heading", { name: /Accepted/ });
    addLine(aProduct(), 2);
    addLine(bowl, 3);
    await visit("/checkout");
    await user.click(await placeButton());

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(placed[1]?.body).toEqual(placed[0]?.body);
    expect(placed[1]?.key).not.toBe(placed[0]?.key);
  });

  it("asks again with the new price if a price has changed", async () => {
    // Given
    let mug = aProduct();
    const placed = recordOrders(() => {
      mug = aProduct({ price: 15 });
      return priceChanged();
    });
    server.use(http.get("*/api/products", () => HttpResponse.json(productPage([mug, bowl]))));
    const { user } = openShop("/checkout");
    expect(await total()).toHaveTextContent("€29.30");

    // When
    await user.click(await placeButton());

    // Then
    expect(await screen.findByText("Some prices have changed.")).toBeVisible();
    await waitFor(async () => expect(await total()).toHaveTextContent("€30.30"));

    // When
    await user.click(await placeButton());

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(placed.map((request) => request.body)).toMatchObject([
      { products: [{ price: 14.5 }, { price: 0.1 }] },
      { products: [{ price: 15 }, { price: 0.1 }] },
    ]);
    // The refused order does not exist, so the cart's key is still free.
    expect(placed[1]?.key).toBe(placed[0]?.key);
  });

  it("shows the new price if the order is refused during the first check of prices", async () => {
    // Given
    recordOrders(priceChanged);
    const firstCheck = gate();
    const checks = recordRequests(
      "get",
      "*/api/products",
      async () => {
        await firstCheck.opened;
        return HttpResponse.json(productPage([aProduct(), bowl]));
      },
      json(productPage([aProduct({ price: 15 }), bowl])),
    );
    const { user } = openShop("/checkout");
    await waitFor(() => expect(checks).toHaveLength(1));

    // When
    await user.click(await placeButton());

    // Then
    expect(await screen.findByText("The price is now 15.00.")).toBeVisible();
    await waitFor(async () => expect(await total()).toHaveTextContent("€30.30"));
    expect(checks).toHaveLength(2);
    firstCheck.open();
  });

  it("removes ordered items and keeps what another tab added", async () => {
    // Given
    const responseGate = gate();
    server.use(
      http.post("*/api/orders", async () => {
        await responseGate.opened;
        return created();
      }),
      http.get("*/api/orders/:id", () => HttpResponse.json(anOrder({ status: "ACCEPTED" }))),
    );
    const { user } = openShop("/checkout");

    // When
    await user.click(await placeButton());

    // Then
    expect(await screen.findByRole("button", { name: "Placing order…" })).toBeDisabled();

    // When
    act(() => addLine(aProduct({ id: "d".repeat(24), name: "lamp" }), 1));
    responseGate.open();

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(cartStore.get().lines.map((line) => line.name)).toEqual(["lamp"]);
  });
});

describe("checkout in two tabs", () => {
  beforeEach(() => startSession(aToken()));
  afterEach(() => Reflect.deleteProperty(navigator, "locks"));

  /** Open the checkout twice, and click both buttons at once. */
  async function orderInTwoTabs() {
    openShop("/checkout");
    openShop("/checkout");
    const buttons = () => screen.getAllByRole("button", { name: "Order with obligation to pay" });
    await waitFor(() => expect(buttons()).toHaveLength(2));
    for (const button of buttons()) await waitFor(() => expect(button).toBeEnabled());
    for (const button of buttons()) fireEvent.click(button);
  }

  it("waits for the other tab, and tells that it has ordered the cart", async () => {
    // Given
    Object.defineProperty(navigator, "locks", { value: fakeLocks(), configurable: true });
    const placed = recordOrders();

    // When
    await orderInTwoTabs();

    // Then
    // The message ends with the page, because both tabs of this test have the same address.
    await screen.findByText("This cart was ordered in another tab");
    expect(await screen.findByRole("heading", { name: /Accepted/ })).toBeVisible();
    expect(placed).toHaveLength(1);
  });

  it("sends the same key from both tabs if the browser has no locks", async () => {
    // Given
    const placed = recordOrders();

    // When
    await orderInTwoTabs();

    // Then
    await waitFor(() =>
      expect(screen.getAllByRole("heading", { name: /Accepted/ })).toHaveLength(2),
    );
    expect(placed).toHaveLength(2);
    expect(placed[1]).toEqual(placed[0]);
    expect(cartStore.get().lines).toEqual([]);
  });
});

describe("delivery and payment", () => {
  const parcel = aParcelOffer({ payment_methods: ["TRANSFER"] });
  const collection = aCollectionOffer({ payment_methods: ["ON_COLLECTION", "TRANSFER"] });

  beforeEach(() => startSession(aToken()));

  function serveOffers(...responses: ReturnType<typeof aParcelOffer>[][]) {
    return recordRequests(
      "get",
      "*/api/delivery-methods",
      ...responses.map((methods) => json({ methods })),
    );
  }
  function serveAddresses(...addresses: ReturnType<typeof anAddress>[]) {
    recordRequests("get", "*/api/me/addresses", json({ addresses }));
  }
  const chosen = () =>
    screen.getAllByRole("radio", { checked: true }).map((radio) => nameOf(radio));
  const nameOf = (radio: HTMLElement) =>
    radio.closest("label")?.querySelector("span span")?.textContent;

  it("sends the order to the default address, and asks for the offers of its country and value", async () => {
    // Given
    const offers = serveOffers([collection, parcel]);
    serveAddresses(anAddress(), anAddress({ id: "4".repeat(24), country: "IE", default: false }));
    const placed = recordOrders();
    const { user } = openShop("/checkout");

    // Then
    expect(await screen.findByLabelText("Country or region")).toHaveValue("DE");
    await waitFor(() => expect(offers[0]?.query).toEqual({ country: "DE", value: "29.3" }));

    // When
    await user.click(await screen.findByRole("radio", { name: /Parcel/ }));

    // Then
    expect(chosen()).toEqual(["Parcel", "Ada Lovelace", "Bank transfer"]);
    expect(screen.getAllByRole("radio")).toHaveLength(5);
    expect(await total()).toHaveTextContent("€34.20");
    expect(screen.getByText("Delivered in about 3 days")).toBeVisible();

    // When
    await user.type(screen.getByLabelText("Your name (optional)"), " Ann Lee ");
    await user.type(screen.getByLabelText("Your phone (optional)"), "+49 30 1234");
    await user.type(screen.getByLabelText("Note to the shop (optional)"), "Ring twice.");
    await user.click(await placeButton());

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    const { id: _, default: __, ...address } = anAddress();
    expect(placed[0]?.body).toMatchObject({
      contact: { name: "Ann Lee", phone: "+49 30 1234" },
      delivery: { method: "parcel", fee: 4.9, address },
      payment: { method: "TRANSFER" },
      note: "Ring twice.",
    });
    expect(sessionStorage.getItem("kiosk-checkout")).toBeNull();
  });

  it("checks a new address first, sends it, and saves it on request", async () => {
    // Given
    serveOffers([parcel]);
    recordRequests("get", "*/api/me", json({ ...PROFILE, name: "Ada" }));
    const saved = recordRequests("post", "*/api/me/addresses", json({}, { status: 201 }));
    const placed = recordOrders();
    const { user } = openShop("/checkout");

    // When
    expect(await screen.findByLabelText("Full name")).toHaveValue("Ada");
    await user.click(await placeButton());

    // Then
    const street = screen.getByLabelText("Street address");
    await waitFor(() => expect(street).toHaveFocus());
    expect(street).toHaveAccessibleDescription("Street address is required.");
    expect(placed).toEqual([]);

    // When
    await user.type(street, "Unter den Linden 1");
    await user.type(screen.getByLabelText("Postcode"), "10117");
    await user.type(screen.getByLabelText("City"), "Berlin");
    await user.click(screen.getByLabelText("Save this address for my next orders"));
    const button = await placeButton();
    // The second click arrives before the address is checked.
    fireEvent.click(button);
    fireEvent.click(button);

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    const address = {
      country: "IE",
      name: "Ada",
      company: "",
      lines: ["Unter den Linden 1"],
      postcode: "10117",
      city: "Berlin",
      region: "",
      phone: "",
    };
    expect(placed[0]?.body).toMatchObject({ delivery: { method: "parcel", fee: 4.9, address } });
    expect(placed).toHaveLength(1);
    await waitFor(() => expect(saved.map(({ body }) => body)).toEqual([address]));
  });

  async function chooseGermany(user: ReturnType<typeof openShop>["user"]) {
    const country = await screen.findByLabelText("Country or region");
    await within(country).findByRole("option", { name: "Germany" });
    await user.selectOptions(country, "Germany");
  }

  it("keeps choices and texts through a reload, and places one order", async () => {
    // Given
    serveOffers([collection, parcel]);
    const saved = recordRequests("post", "*/api/me/addresses", json({}));
    const placed = recordOrders(() => HttpResponse.error());
    const { user } = openShop("/checkout");
    await chooseGermany(user);
    await user.click(await screen.findByRole("radio", { name: /Parcel/ }));
    await user.type(await screen.findByLabelText("Full name"), "Ada");
    await user.type(screen.getByLabelText("Street address"), "Unter den Linden 1");
    await user.type(screen.getByLabelText("Postcode"), "10117");
    await user.type(screen.getByLabelText("City"), "Berlin");
    await user.type(screen.getByLabelText("Note to the shop (optional)"), "Ring twice.");
    await user.click(await placeButton());
    await screen.findByText("We couldn't reach the shop");

    // When
    cleanup();
    const { user: userAfterReload } = openShop("/checkout");

    // Then
    expect(await screen.findByLabelText("Country or region")).toHaveValue("DE");
    expect(await screen.findByLabelText("City")).toHaveValue("Berlin");
    expect(chosen()).toEqual(["Parcel", "Bank transfer"]);

    // When
    await userAfterReload.click(await placeButton());

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(placed).toHaveLength(2);
    expect(placed[1]).toEqual(placed[0]);
    expect(saved).toEqual([]);
  });

  it("does not show the draft of another account", async () => {
    // Given
    serveOffers([collection]);
    const { user } = openShop("/checkout");
    await user.type(await screen.findByLabelText("Note to the shop (optional)"), "Secret");
    await waitFor(() => expect(sessionStorage.getItem("kiosk-checkout")).toContain("Secret"));

    // When
    act(() => startSession(aToken({ email: "ben@example.com" })));
    cleanup();
    openShop("/checkout");

    // Then
    expect(await screen.findByLabelText("Note to the shop (optional)")).toHaveValue("");
  });

  it("forgets the draft when the user signs out", async () => {
    serveOffers([collection]);
    const { user } = openShop("/checkout");
    await user.type(await screen.findByLabelText("Note to the shop (optional)"), "Secret");
    await waitFor(() => expect(sessionStorage.getItem("kiosk-checkout")).toContain("Secret"));
    act(() => endSession());
    expect(sessionStorage.getItem("kiosk-checkout")).toBeNull();
  });

  it("shows a new fee where the delivery is chosen, and orders with it", async () => {
    // Given
    serveOffers([parcel], [{ ...parcel, fee: 5.9 }]);
    serveAddresses(anAddress());
    const placed = recordOrders(() =>
      problem(409, "price-changed", "Some prices have changed.", [
        { field: "delivery.fee", message: "The fee is now 5.90." },
      ]),
    );
    const { user } = openShop("/checkout");

    // When
    await user.click(await placeButton());

    // Then
    const group = await screen.findByRole("radiogroup", { name: "How you get your order" });
    await waitFor(() => expect(group).toBeInvalid());
    expect(group).toHaveAccessibleDescription("The fee is now 5.90.");
    expect(within(group).getByRole("radio")).toHaveFocus();
    await waitFor(async () => expect(await total()).toHaveTextContent("€35.20"));

    // When
    await user.click(await placeButton());

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(placed.map(({ body }) => body)).toMatchObject([
      { delivery: { fee: 4.9 } },
      { delivery: { fee: 5.9 } },
    ]);
    expect(placed[1]?.key).toBe(placed[0]?.key);
  });

  it("does not replace a chosen method that has vanished", async () => {
    // Given
    serveOffers([collection, parcel], [collection]);
    serveAddresses(anAddress());
    const placed = recordOrders(() =>
      problem(409, "delivery-unavailable", "Parcel is not offered.", [
        { field: "delivery.method", message: "Choose another delivery." },
      ]),
    );
    const { user } = openShop("/checkout");
    await user.click(await screen.findByRole("radio", { name: /Parcel/ }));

    // When
    await user.click(await placeButton());

    // Then
    expect(await screen.findByText("Choose another delivery.")).toBeVisible();
    await waitFor(() => expect(screen.queryByRole("radio", { name: /Parcel/ })).toBeNull());
    expect(screen.queryByRole("radio", { checked: true })).toBeNull();
    expect(await screen.findByText("Choose how you get your order.")).toBeVisible();

    // When
    await user.click(screen.getByRole("radio", { name: /Collection/ }));

    // Then
    expect(screen.queryByText("Choose another delivery.")).toBeNull();
    await user.click(await placeButton());
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(placed[1]?.body).toMatchObject({ delivery: { method: "collection", address: null } });
  });

  it("says if nothing is delivered to a country", async () => {
    // Given
    serveOffers([], [collection]);
    const { user } = openShop("/checkout");

    // Then
    expect(await screen.findByText("We don't deliver to this country yet")).toBeVisible();
    const button = screen.getByRole("button", { name: "Order with obligation to pay" });
    expect(button).toBeDisabled();

    // When
    await chooseGermany(user);

    // Then
    expect(
      await screen.findByText(
        "We don't deliver to this country yet, but you can collect your order in the shop.",
      ),
    ).toBeVisible();
    await waitFor(() => expect(button).toBeEnabled());
  });

  it("shows refusals of a payment, a phone and an address at their fields", async () => {
    // Given
    serveOffers([parcel]);
    recordOrders(() =>
      problem(422, "validation", "Some fields are wrong.", [
        { field: "contact.phone", message: "Enter a phone number." },
        { field: "payment.method", message: "Choose another payment." },
        { field: "delivery.address.postcode", message: "Enter five digits." },
        { field: "delivery.address.country", message: "Choose a country." },
      ]),
    );
    const { user } = openShop("/checkout");
    await user.type(await screen.findByLabelText("Full name"), "Ada");
    await user.type(screen.getByLabelText("Street address"), "Unter den Linden 1");
    await user.type(screen.getByLabelText("Postcode"), "1");
    await user.type(screen.getByLabelText("City"), "Berlin");

    // When
    await user.click(await placeButton());

    // Then
    const phone = screen.getByLabelText("Your phone (optional)");
    await waitFor(() => expect(phone).toHaveAccessibleDescription(/Enter a phone number./));
    expect(phone).toHaveFocus();
    const payment = screen.getByRole("radiogroup", { name: "How you pay" });
    expect(payment).toHaveAccessibleDescription("Choose another payment.");
    expect(screen.getByLabelText("Postcode")).toHaveAccessibleDescription("Enter five digits.");
    expect(screen.getByLabelText("Country or region")).toHaveAccessibleDescription(
      "Choose a country.",
    );
  });

  it("says what is wrong with a saved address, and leads to it", async () => {
    // Given
    serveOffers([parcel]);
    serveAddresses(anAddress());
    recordOrders(() =>
      problem(422, "validation", "Some fields are wrong.", [
        { field: "delivery.address.postcode", message: "Enter five digits." },
      ]),
    );
    const { user } = openShop("/checkout");

    // When
    await user.click(await placeButton());

    // Then
    const group = await screen.findByRole("radiogroup", { name: "Delivery address" });
    await waitFor(() => expect(group).toHaveAccessibleDescription("Enter five digits."));
    expect(screen.getByRole("link", { name: "Change this address" })).toHaveAttribute(
      "href",
      `/account/addresses?edit=${anAddress().id}`,
    );

    // When
    await user.click(within(group).getByRole("radio", { name: "Another address" }));

    // Then
    expect(await screen.findByLabelText("Street address")).toBeVisible();
  });

  it("can be retried if the offers do not load", async () => {
    recordRequests(
      "get",
      "*/api/delivery-methods",
      () => problem(503, "unavailable", "Delivery is unavailable."),
      json({ methods: [collection] }),
    );
    const { user } = openShop("/checkout");
    expect(await screen.findByText("Delivery is unavailable.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("radio", { name: /Collection/ })).toBeChecked();
  });

  it("asks for no payment if there is nothing to pay", async () => {
    // Given
    removeLine(BOWL_ID);
    const free = aProduct({ price: 0 });
    recordRequests("get", "*/api/products", json(productPage([free])));
    serveOffers([collection]);

    // When
    openShop("/checkout");

    // Then
    expect(await screen.findByText("There is nothing to pay.")).toBeVisible();
    expect(screen.getByRole("button", { name: "Place order" })).toBeVisible();
  });
});
