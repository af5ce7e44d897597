import type {
  AddressBody,
  AddressFieldBody,
  AdminOrderBody,
  AdminProductBody,
  AuditEntryBody,
  CategoryBody,
  DeadLetterBody,
  DeliveryBody,
  MailBody,
  OfferBody,
  OrderBody,
  PaymentBody,
  ProductBody,
  RefundBody,
  ShipmentBody,
  StatisticsBody,
} from "@/api";

export const MUG_ID = "a".repeat(24);
export const BOWL_ID = "b".repeat(24);
export const ORDER_ID = "c".repeat(24);

/** A category whose id is made of its name. */
export function aCategory(name: string): CategoryBody {
  return { id: `id-of-${name}`, name };
}

export function aProduct(part: Partial<ProductBody> = {}): ProductBody {
  return {
    id: MUG_ID,
    name: "mug",
    description: "Holds tea.",
    price: 14.5,
    quantity: 10,
    categories: ["kitchen"],
    image_url: null,
    archived: false,
    version: 1,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    ...part,
  };
}

/** A product as the admin's list has it. */
export function anAdminProduct(part: Partial<AdminProductBody> = {}): AdminProductBody {
  return { ...aProduct(), etag: '"1.1"', ...part };
}

export function anAuditEntry(part: Partial<AuditEntryBody> = {}): AuditEntryBody {
  return {
    id: "7".repeat(24),
    at: "2026-01-01T00:00:00Z",
    actor: "grace@example.com",
    actor_id: "6".repeat(24),
    action: "change product",
    subject: MUG_ID,
    subject_id: null,
    before: { name: "mug", price_cents: 1450, categories: ["kitchen"], details_version: 1 },
    after: { name: "mug", price_cents: 1700, categories: [], details_version: 2 },
    request_id: "r1",
    ...part,
  };
}

export function anOrder(part: Partial<OrderBody> = {}): OrderBody {
  return {
    id: ORDER_ID,
    number: "7K3Q9ZDM",
    email: "ada@example.com",
    account_id: "5".repeat(24),
    status: "PENDING",
    reason: null,
    cost: 29,
    total: part.cost ?? 29,
    can_cancel: ["PENDING", "ACCEPTED"].includes(part.status ?? "PENDING"),
    contact: { name: "", email: "ada@example.com", phone: "" },
    delivery: {
      method: "collection",
      name: "Collection in the shop",
      fee: 0,
      days: null,
      address: null,
    },
    payment: aPayment(),
    fulfilment: { state: "OPEN", shipments: [], closed: [] },
    note: "",
    created_at: "2026-01-01T00:00:00Z",
    cancel_confirmed: false,
    products: [{ product_id: MUG_ID, name: "mug", price: 14.5, quantity: 2, reason: null }],
    history: [{ status: "PENDING", at: "2026-01-01T00:00:00Z" }],
    ...part,
  };
}

/** An order as the desk of the admins has it. */
export function anAdminOrder(part: Partial<AdminOrderBody> = {}): AdminOrderBody {
  return {
    ...anOrder(part),
    timeline: [],
    receipts: [],
    refunds: [],
    problem: null,
    actions: ["note"],
    open_lines: [{ product_id: MUG_ID, quantity: 2 }],
    ...part,
  };
}

export function aPayment(part: Partial<PaymentBody> = {}): PaymentBody {
  return {
    method: "ON_COLLECTION",
    state: "NONE",
    due_at: null,
    open: 0,
    captured: 0,
    refund_requested: 0,
    refunded: 0,
    transfer: null,
    ...part,
  };
}

export function aRefund(part: Partial<RefundBody> = {}): RefundBody {
  return {
    id: "r1",
    kind: "ALLOWANCE",
    amount: 5,
    reason: "",
    requested_at: "2026-01-01T00:00:00Z",
    paid_at: null,
    by_provider: false,
    ...part,
  };
}

/** The payment of an order that waits for a transfer. */
export function aDueTransfer(amount: number): PaymentBody {
  return aPayment({
    method: "TRANSFER",
    state: "DUE",
    due_at: "2026-12-05T12:00:00Z",
    open: amount,
    transfer: {
      iban: "DE02120300000000202051",
      bic: "BYLADEM1001",
      holder: "Kiosk Ltd",
      amount,
      reference: "7K3Q9ZDM",
    },
  });
}

export function aParcelDelivery(): DeliveryBody {
  const { id: _, default: __, ...address } = anAddress();
  return { method: "parcel", name: "Parcel", fee: 4.9, days: 3, address };
}

export function aShipment(part: Partial<ShipmentBody> = {}): ShipmentBody {
  return {
    id: "9".repeat(24),
    shipped_at: "2026-12-03T12:00:00Z",
    carrier: "DHL",
    tracking_number: "0034",
    tracking_url: "https://carrier.example/0034",
    lines: [{ product_id: MUG_ID, quantity: 1 }],
    ...part,
  };
}

export function aLetter(part: Partial<DeadLetterBody> = {}): DeadLetterBody {
  return {
    id: "1".repeat(64),
    topic: "shop.orders",
    partition: 0,
    offset: 41,
    type: "order-placed",
    key: ORDER_ID,
    event: JSON.stringify({ order_id: ORDER_ID, lines: [{ quantity: 2 }] }),
    reason: "The order has no lines.",
    status: "parked",
    parked_at: "2026-01-01T00:00:00Z",
    history: [],
    ...part,
  };
}

export function aMail(part: Partial<MailBody> = {}): MailBody {
  return {
    id: "2".repeat(32),
    template: "email-verification",
    recipient: "ada@example.com",
    status: "parked",
    created_at: "2026-01-01T00:00:00Z",
    attempts: 1,
    reason: "550 no such mailbox",
    changed_at: "2026-01-01T00:00:05Z",
    ...part,
  };
}

export function anAddress(part: Partial<AddressBody> = {}): AddressBody {
  return {
    id: "8".repeat(24),
    name: "Ada Lovelace",
    company: "",
    lines: ["Unter den Linden 1"],
    postcode: "10117",
    city: "Berlin",
    region: "",
    country: "DE",
    phone: "",
    default: true,
    ...part,
  };
}

export function anAddressField(
  name: AddressFieldBody["name"],
  label: string,
  part: Partial<AddressFieldBody> = {},
): AddressFieldBody {
  return { name, label, required: true, example: "", choices: [], ...part };
}

export const GERMAN_FIELDS = [
  anAddressField("name", "Full name"),
  anAddressField("company", "Company", { required: false }),
  anAddressField("lines", "Street address"),
  anAddressField("postcode", "Postcode"),
  anAddressField("city", "City"),
  anAddressField("phone", "Phone", { required: false }),
];

export function aCollectionOffer(part: Partial<OfferBody> = {}): OfferBody {
  return {
    id: "collection",
    name: "Collection in the shop",
    fee: 0,
    days: null,
    needs_address: false,
    payment_methods: ["ON_COLLECTION"],
    ...part,
  };
}

export function aParcelOffer(part: Partial<OfferBody> = {}): OfferBody {
  return {
    id: "parcel",
    name: "Parcel",
    fee: 4.9,
    days: 3,
    needs_address: true,
    payment_methods: ["TRANSFER"],
    ...part,
  };
}

export function statistics(part: Partial<StatisticsBody> = {}): StatisticsBody {
  return {
    time_zone: "Europe/Berlin",
    days: [
      { day: "2026-03-08", orders: 2, revenue: 30 },
      { day: "2026-03-09", orders: 4, revenue: 120.5 },
      { day: "2026-03-10", orders: 8, revenue: 60 },
    ],
    best_sellers: [{ product_id: MUG_ID, name: "mug", quantity: 12, revenue: 174 }],
    low_stock: [{ id: BOWL_ID, name: "bowl", quantity: 2 }],
    pending: 3,
    ...part,
  };
}

/** An unsigned token with the claims that the shop reads. */
export function aToken(part: Record<string, unknown> = {}): string {
  const claims = { email: "ada@example.com", role: "user", iat: 1000, exp: 1900, ...part };
  const encode = (value: object) => btoa(JSON.stringify(value)).replaceAll("=", "");
  return `${encode({ alg: "none" })}.${encode(claims)}.signature`;
}
