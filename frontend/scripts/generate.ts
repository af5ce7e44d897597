/** Generates the client of the merged OpenAPI document; the stale test runs it too. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@hey-api/openapi-ts";

interface Operation {
  operationId?: string;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
}

// FastAPI appends the path to the function's name; what no page calls is left out.
const NOT_CALLED = /_(health|error)$|jwks/;

function withShortNames(document: Document): Document {
  const names = Object.entries(document.paths)
    .filter(([path]) => !NOT_CALLED.test(path))
    .map(([path, methods]) => [path, Object.fromEntries(Object.entries(methods).map(shorten))]);
  return { ...document, paths: Object.fromEntries(names) };

  function shorten([method, operation]: [string, Operation]) {
    const whole = operation.operationId ?? "";
    const short = whole.replace(/_api_.*$/, "");
    return [method, { ...operation, operationId: isUnique(short) ? short : longer(whole, short) }];
  }
  function isUnique(short: string): boolean {
    const all = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    return all.filter((each) => each.operationId?.replace(/_api_.*$/, "") === short).length === 1;
  }
  // Several services have the same function; the path tells whose it is.
  function longer(whole: string, short: string): string {
    return `${short}_${/authentication|products|orders/.exec(whole.slice(short.length))?.[0]}`;
  }
}

/** Remove the generator's notes to its own authors. */
async function dropRemarks(folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith(".ts")) continue;
    const content = await readFile(join(folder, name), "utf8");
    await writeFile(join(folder, name), content.replace(/^.*\/\/ TODO.*\n/gm, ""));
  }
}

/** Write the client that belongs to a document into a folder. */
export async function generate(documentPath: string, output: string): Promise<void> {
  const document: Document = JSON.parse(await readFile(documentPath, "utf8"));
  const folder = await mkdtemp(join(tmpdir(), "openapi-"));
  try {
    const input = join(folder, "openapi.json");
    await writeFile(input, JSON.stringify(withShortNames(document)));
    await createClient({
      input,
      output: { path: output, postProcess: [] },
      logs: { level: "silent" },
      plugins: [
        "@hey-api/typescript",
        "@hey-api/sdk",
        { name: "@hey-api/client-fetch", throwOnError: true },
      ],
    });
    await dropRemarks(output);
  } finally {
    await rm(folder, { recursive: true });
  }
}
