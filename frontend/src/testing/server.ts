import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { aCategory, aCollectionOffer, aProduct, GERMAN_FIELDS } from "./data";

export const PROFILE = {
  id: "1".repeat(24),
  email: "ada@example.com",
  role: "user",
  verified: true,
  pending_email: null,
  name: null,
  locale: null,
};

/** A shop with a product, a category and an account; it delivers nothing. Tests override it. */
export const server = setupServer(
  http.get("*/api/me", () => HttpResponse.json(PROFILE)),
  http.get("*/api/categories", () => HttpResponse.json({ categories: [aCategory("kitchen")] })),
  http.get("*/api/products", () => HttpResponse.json(productPage([aProduct()]))),
  http.get("*/api/me/addresses", () => HttpResponse.json({ addresses: [] })),
  http.get("*/api/address-forms", () => HttpResponse.json({ countries: ["DE", "IE"] })),
  http.get("*/api/address-forms/:country", () => HttpResponse.json({ fields: GERMAN_FIELDS })),
  http.get("*/api/delivery-methods", () => HttpResponse.json({ methods: [aCollectionOffer()] })),
);

export function productPage(products: ReturnType<typeof aProduct>[]) {
  return { products, next_cursor: null, total: products.length, total_capped: false };
}

/** A problem response as in RFC 9457. */
export function problem(status: number, type: string, detail: string, errors?: object[]) {
  return HttpResponse.json(
    {
      type: `/problems/${type}`,
      title: "Request failed",
      status,
      detail,
      instance: "/",
      request_id: "r1",
      errors,
    },
    { status, headers: { "Content-Type": "application/problem+json" } },
  );
}

export interface RecordedRequest {
  path: string;
  query: Record<string, string>;
  body: unknown;
  headers: Headers;
}

/** Record requests and answer each with the next response; the last response repeats. */
export function recordRequests(
  method: "get" | "post" | "patch" | "put" | "delete",
  path: string,
  ...responses: (() => Response | Promise<Response>)[]
): RecordedRequest[] {
  const requests: RecordedRequest[] = [];
  server.use(
    http[method](path, async ({ request }) => {
      const { pathname, searchParams } = new URL(request.url);
      const text = await request.clone().text();
      const isJson = request.headers.get("Content-Type")?.includes("json");
      requests.push({
        path: pathname,
        query: Object.fromEntries(searchParams),
        body: isJson ? JSON.parse(text) : text,
        headers: request.headers,
      });
      const respond = responses[Math.min(requests.length, responses.length) - 1];
      return respond ? respond() : new HttpResponse(null, { status: 204 });
    }),
  );
  return requests;
}

export const json = (body: object, init?: ResponseInit) => () => HttpResponse.json(body, init);

/** Mock the stream of order events and record the Last-Event-ID of each connection. */
export function mockOrderStream(...firstEvents: string[]) {
  const connections: (string | null)[] = [];
  const openStreams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const bytes = new TextEncoder();
  server.use(
    http.get("*/api/orders/stream", ({ request }) => {
      connections.push(request.headers.get("Last-Event-ID"));
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          openStreams.add(controller);
          for (const event of [": hello\n\n", ...firstEvents])
            controller.enqueue(bytes.encode(event));
          request.signal.addEventListener("abort", () => openStreams.delete(controller));
        },
      });
      return new HttpResponse(body, { headers: { "Content-Type": "text/event-stream" } });
    }),
  );
  return {
    connections,
    openCount: () => openStreams.size,
    send: (event: string) => {
      for (const controller of openStreams) controller.enqueue(bytes.encode(event));
    },
    end: () => {
      for (const controller of openStreams) controller.close();
      openStreams.clear();
    },
  };
}

/** A promise for a response to wait for until the test resolves it. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
