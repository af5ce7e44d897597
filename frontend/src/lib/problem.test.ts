import { describe, expect, it } from "vitest";
import { Problem, problemOf } from "./problem";

describe("failed response", () => {
  it("uses the texts of its problem document", async () => {
    // Given
    const response = Response.json(
      {
        type: "/problems/x",
        title: "T",
        detail: "D",
        errors: [{ field: "product.name", message: "M" }],
      },
      { status: 422 },
    );

    // When
    const problem = await problemOf(response);

    // Then
    expect(problem.message).toBe("D");
    expect(problem.status).toBe(422);
    expect(problem.field("name")).toBe("M");
    expect(problem.field("price")).toBeUndefined();
  });

  it("has a default text if there is no problem document", async () => {
    const problem = await problemOf(
      new Response("<html>", { status: 502, headers: { "Retry-After": "3" } }),
    );
    expect(problem.message).toBe("Something went wrong. Try again.");
    expect(problem.retryAfterSeconds).toBe(3);
  });
});

it.each([
  [0, true],
  [504, true],
  [409, false],
])("a failure with status %i leaves doubt: %s", (status, isUncertain) => {
  expect(new Problem({ status }).isUncertain).toBe(isUncertain);
});
