/** Generates the API client and the form limits from the merged OpenAPI document. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@hey-api/openapi-ts";
import { limitsModule } from "./limits.ts";
import type { OpenApiDocument, Operation } from "./openapi.ts";

// The shop's pages do not call these paths.
const UNUSED_PATH = /_(health|error)$|jwks/;

/** Shorten the operation ids: FastAPI appends the path to each function's name. */
function withShortNames(document: OpenApiDocument): OpenApiDocument {
  const paths = Object.entries(document.paths)
    .filter(([path]) => !UNUSED_PATH.test(path))
    .map(([path, operations]) => [
      path,
      Object.fromEntries(Object.entries(operations).map(withShortName)),
    ]);
  return { ...document, paths: Object.fromEntries(paths) };

  function withShortName([method, operation]: [string, Operation]) {
    const id = operation.operationId ?? "";
    const name = functionName(id);
    return [method, { ...operation, operationId: isUnique(name) ? name : withService(name, id) }];
  }
  function isUnique(name: string): boolean {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    return (
      operations.filter((other) => functionName(other.operationId ?? "") === name).length === 1
    );
  }
  // Two services can have a function of the same name; the path contains the service.
  function withService(name: string, id: string): string {
    return `${name}_${/authentication|products|orders/.exec(id.slice(name.length))?.[0]}`;
  }
  function functionName(id: string): string {
    return id.replace(/_api_.*$/, "");
  }
}

/** Remove the generator's TODO comments. */
async function removeTodos(folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith(".ts")) continue;
    const content = await readFile(join(folder, name), "utf8");
    await writeFile(join(folder, name), content.replace(/^.*\/\/ TODO.*\n/gm, ""));
  }
}

/**
 * Return the file of a function that sends a request. Each has its own, so that it is loaded with the
 * page that needs it. In one file, all would be part of the shop's first chunk.
 */
function getFilePath({ name, meta }: { name: string; meta?: { resource?: string } }) {
  return meta?.resource === "operation" ? `sdk/${name}` : undefined;
}

/** Write the client and the limits of an OpenAPI document into a folder. */
export async function generate(documentPath: string, output: string): Promise<void> {
  const content: OpenApiDocument = JSON.parse(await readFile(documentPath, "utf8"));
  const document = withShortNames(content);
  const folder = await mkdtemp(join(tmpdir(), "openapi-"));
  try {
    const input = join(folder, "openapi.json");
    await writeFile(input, JSON.stringify(document));
    await createClient({
      input,
      output: { path: output, postProcess: [] },
      logs: { level: "silent" },
      plugins: [
        "@hey-api/typescript",
        { name: "@hey-api/sdk", "~hooks": { symbols: { getFilePath } } },
        { name: "@hey-api/client-fetch", throwOnError: true },
      ],
    });
    await removeTodos(output);
    await writeFile(join(output, "limits.gen.ts"), limitsModule(document));
  } finally {
    await rm(folder, { recursive: true });
  }
}
