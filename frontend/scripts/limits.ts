/** Collects the limits of request fields, so that forms check what the API checks. */
import type { OpenApiDocument, Operation, Parameter, Schema } from "./openapi.ts";

type Limits = Record<string, unknown>;

const KEYWORDS = new Set(["minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"]);

/** Return a module with one constant for each request body and each query that has limits. */
export function limitsModule(document: OpenApiDocument): string {
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const bodies = [...requestSchemas(document, operations)].map(
    (name) => [name, fieldLimits(document.components.schemas[name]?.properties ?? {})] as const,
  );
  const queries = operations.map(
    (operation) =>
      [`${operation.operationId}Query`, fieldLimits(querySchemas(operation.parameters))] as const,
  );
  const constants = [...bodies, ...queries]
    .filter(([, limits]) => Object.keys(limits).length > 0)
    .map(([name, limits]) => [constantName(name), limits] as const)
    .toSorted(([first], [second]) => (first < second ? -1 : 1))
    .map(
      ([name, limits]) => `export const ${name} = ${JSON.stringify(limits, null, 2)} as const;\n`,
    );
  return ["// This file is generated from openapi.json.\n", ...constants].join("\n");
}

/** Return the names of the schemas that requests consist of. */
function requestSchemas(document: OpenApiDocument, operations: Operation[]): Set<string> {
  const names = new Set<string>();
  for (const operation of operations) {
    for (const { schema } of Object.values(operation.requestBody?.content ?? {})) visit(schema);
  }
  return names;

  function visit(schema: Schema): void {
    const name = schema.$ref?.split("/").at(-1);
    if (name && !names.has(name)) {
      names.add(name);
      visit(document.components.schemas[name] ?? {});
    }
    const nested = [...(schema.anyOf ?? []), ...Object.values(schema.properties ?? {})];
    for (const part of schema.items ? [...nested, schema.items] : nested) visit(part);
  }
}

function querySchemas(parameters: Parameter[] = []): Record<string, Schema> {
  const query = parameters.filter((parameter) => parameter.in === "query");
  return Object.fromEntries(query.map(({ name, schema }) => [name, schema]));
}

function fieldLimits(fields: Record<string, Schema>): Record<string, Limits> {
  const limits = Object.entries(fields).map(([name, schema]) => [name, limitsOf(schema)] as const);
  return Object.fromEntries(limits.filter(([, limit]) => Object.keys(limit).length > 0));
}

/** Return a field's limits; an optional field has them inside `anyOf`. */
function limitsOf(schema: Schema): Limits {
  const parts = [schema, ...(schema.anyOf ?? [])];
  const keywords = parts.flatMap((part) => Object.entries(part));
  return Object.fromEntries(keywords.filter(([keyword]) => KEYWORDS.has(keyword)));
}

/** `CategoryRequest` becomes `categoryRequestLimits`, `list_products` `listProductsLimits`. */
function constantName(name: string): string {
  const camelCase = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return `${camelCase[0]?.toLowerCase()}${camelCase.slice(1)}Limits`;
}
