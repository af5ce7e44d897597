import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { aProduct } from "./data";

/** A shop with two products and one category; a test adds what it is about. */
export const server = setupServer(
  http.get("*/api/categories", () => HttpResponse.json({ categories: [{ name: "kitchen" }] })),
  http.get("*/api/products", () => HttpResponse.json(productPage([aProduct()]))),
);

export function productPage(products: ReturnType<typeof aProduct>[]) {
  return { products, next_cursor: null, total: products.length, total_capped: false };
}

/** An answer as RFC 9457 has it. */
export function problem(status: number, type: string, detail: string, errors?: object[]) {
  return HttpResponse.json(
    {
      type: `/problems/${type}`,
      title: "No",
      status,
      detail,
      instance: "/",
      request_id: "r1",
      errors,
    },
    { status, headers: { "Content-Type": "application/problem+json" } },
  );
}

export interface Sent {
  path: string;
  query: Record<string, string>;
  body: unknown;
  headers: Headers;
}

/** Answers each request with the next of the answers, the last of them for ever; keeps what was sent. */
export function recorded(
  method: "get" | "post" | "patch" | "put" | "delete",
  path: string,
  ...answers: (() => Response | Promise<Response>)[]
): Sent[] {
  const sent: Sent[] = [];
  server.use(
    http[method](path, async ({ request }) => {
      const { pathname, searchParams } = new URL(request.url);
      const text = await request.clone().text();
      const isJson = request.headers.get("Content-Type")?.includes("json");
      sent.push({
        path: pathname,
        query: Object.fromEntries(searchParams),
        body: isJson ? JSON.parse(text) : text,
        headers: request.headers,
      });
      const answer = answers[Math.min(sent.length, answers.length) - 1];
      return answer ? answer() : new HttpResponse(null, { status: 204 });
    }),
  );
  return sent;
}

export const json = (body: object, init?: ResponseInit) => () => HttpResponse.json(body, init);

/** A stream of order events that stays open; keeps where each connection wants to go on from. */
export function streamTells(...first: string[]) {
  const connections: (string | null)[] = [];
  const open = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const bytes = new TextEncoder();
  server.use(
    http.get("*/api/orders/stream", ({ request }) => {
      connections.push(request.headers.get("Last-Event-ID"));
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          open.add(controller);
          for (const event of [": hello\n\n", ...first]) controller.enqueue(bytes.encode(event));
          request.signal.addEventListener("abort", () => open.delete(controller));
        },
      });
      return new HttpResponse(body, { headers: { "Content-Type": "text/event-stream" } });
    }),
  );
  return {
    connections,
    openCount: () => open.size,
    tell: (event: string) => {
      for (const controller of open) controller.enqueue(bytes.encode(event));
    },
    end: () => {
      for (const controller of open) controller.close();
      open.clear();
    },
  };
}

/** What an answer waits at until the test opens it. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
