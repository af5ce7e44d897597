import { describe, expect, it } from "vitest";
import { limitsModule } from "./limits.ts";
import type { OpenApiDocument, Schema } from "./openapi.ts";

/** Return a document with one operation whose body has these fields. */
function documentWith(properties: Record<string, Schema>): OpenApiDocument {
  const schema = { $ref: "#/components/schemas/ProductRequest" };
  return {
    paths: {
      "/products": {
        post: {
          operationId: "list_products",
          parameters: [
            { name: "q", in: "query", schema: { type: "string", maxLength: 100 } },
            { name: "key", in: "header", schema: { type: "string", maxLength: 255 } },
          ],
          requestBody: { content: { "application/json": { schema } } },
        },
      },
    },
    components: { schemas: { ProductRequest: { properties }, ProductBody: { properties } } },
  };
}

describe("limits module", () => {
  it("has the limits of request bodies and queries only", () => {
    // Given
    const document = documentWith({
      name: { type: "string", minLength: 1, maxLength: 120 },
      archived: { type: "boolean" },
    });

    // When
    const module = limitsModule(document);

    // Then
    expect(module).toBe(
      [
        "// This file is generated from openapi.json.",
        "",
        'export const listProductsQueryLimits = {\n  "q": {\n    "maxLength": 100\n  }\n} as const;',
        "",
        'export const productRequestLimits = {\n  "name": {\n    "minLength": 1,\n    "maxLength": 120\n  }\n} as const;',
        "",
      ].join("\n"),
    );
  });

  it("finds the limits of optional fields", () => {
    // Given
    const document = documentWith({
      price: { anyOf: [{ type: "number", minimum: 0, maximum: 1_000_000 }, { type: "null" }] },
    });

    // When
    const module = limitsModule(document);

    // Then
    expect(module).toContain(
      '"price": {\n    "minimum": 0,\n    "maximum": 1000000\n  }\n} as const;',
    );
  });
});
