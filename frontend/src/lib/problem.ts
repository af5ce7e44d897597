import type { FieldError, ProblemDocument } from "@/api/generated";

/** A failed request, in the words of the server's problem document where it sent one. */
export class Problem extends Error {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly errors: FieldError[];
  readonly requestId: string;
  readonly retryAfterSeconds: number | null;

  constructor(document: Partial<ProblemDocument>, retryAfterSeconds: number | null = null) {
    super(document.detail ?? "Something went wrong; please try again.");
    this.name = "Problem";
    this.type = document.type ?? "about:blank";
    this.title = document.title ?? "Something went wrong";
    this.status = document.status ?? 0;
    this.errors = document.errors ?? [];
    this.requestId = document.request_id ?? "";
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the request may have been carried out all the same. */
  get isUncertain(): boolean {
    return this.status === 0 || this.status >= 500;
  }

  /** What is wrong with one field; a path such as `product.name` counts as `name`. */
  field(name: string): string | undefined {
    const found = this.errors.find(
      (each) => each.field === name || each.field.split(".").at(-1) === name,
    );
    return found?.message;
  }
}

/** Read what a response that is no success says. */
export async function problemOf(response: Response): Promise<Problem> {
  const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const document: Partial<ProblemDocument> = await response.json().catch(() => ({}));
  return new Problem(
    { ...document, status: response.status },
    Number.isNaN(retryAfter) ? null : retryAfter,
  );
}

/** What to show for anything that was thrown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem({ title: "Something went wrong", detail: messageOf(error) });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "Please try again.";
}
