import type { FieldError, ProblemDocument } from "@/api/generated";

const TIMED_OUT = "about:timeout";
const GATEWAY_TIMEOUT = 504;

/** A failed request. Its texts come from the server's problem document, if there is one. */
export class Problem extends Error {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly errors: FieldError[];
  readonly requestId: string;
  readonly retryAfterSeconds: number | null;

  constructor(document: Partial<ProblemDocument>, retryAfterSeconds: number | null = null) {
    super(document.detail ?? "Something went wrong. Try again.");
    this.name = "Problem";
    this.type = document.type ?? "about:blank";
    this.title = document.title ?? "Something went wrong";
    this.status = document.status ?? 0;
    this.errors = document.errors ?? [];
    this.requestId = document.request_id ?? "";
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the server may have carried out the request despite the failure. */
  get isUncertain(): boolean {
    return this.status === 0 || this.status >= 500;
  }

  /** Whether the server did not respond in time, so that another try may take as long. */
  get isTimeout(): boolean {
    return this.type === TIMED_OUT || this.status === GATEWAY_TIMEOUT;
  }

  /** Return the message for a field. The path `product.name` matches the field `name`. */
  field(name: string): string | undefined {
    return this.errors.find(
      (error) => error.field === name || error.field.split(".").at(-1) === name,
    )?.message;
  }
}

interface Circumstances {
  timedOut?: boolean;
  /** Whether the browser was offline already when the request was made. */
  wasOffline?: boolean;
}

/** Return why a request got no response. A change may have been made nevertheless. */
export function unansweredProblem(
  method: string,
  { timedOut = false, wasOffline = false }: Circumstances = {},
): Problem {
  const isRead = method === "GET" || method === "HEAD";
  const consequence = isRead ? "" : " Your change may or may not have been made.";
  if (wasOffline) {
    return new Problem({
      title: "You are offline",
      detail: `${isRead ? "" : "Nothing was sent. "}Try again when you are back online.`,
    });
  }
  if (!navigator.onLine) {
    return new Problem({
      title: "You are offline",
      detail: `Check your connection and try again.${consequence}`,
    });
  }
  if (timedOut) {
    return new Problem({
      type: TIMED_OUT,
      title: "The shop is too slow",
      detail: `The shop did not respond in time. Try again in a moment.${consequence}`,
    });
  }
  return new Problem({
    title: "We couldn't reach the shop",
    detail: `The connection was interrupted. Try again.${consequence}`,
  });
}

/** Read the problem from a failed response. */
export async function problemOf(response: Response): Promise<Problem> {
  const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const document: Partial<ProblemDocument> = await response.json().catch(() => ({}));
  return new Problem(
    { ...document, status: response.status },
    Number.isNaN(retryAfter) ? null : retryAfter,
  );
}

/** Convert anything that was thrown to a Problem. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem({ title: "Something went wrong", detail: messageOf(error) });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "Try again.";
}
