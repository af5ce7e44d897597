import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { generate } from "./generate.ts";

const COMMITTED = fileURLToPath(new URL("../src/api/generated", import.meta.url));
const DOCUMENT = fileURLToPath(new URL("../openapi.json", import.meta.url));

async function contentOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts"));
  const pairs = names.map(async (name) => [name, await readFile(join(folder, name), "utf8")]);
  return Object.fromEntries(await Promise.all(pairs));
}

it("the committed client is current (if not: npm run api)", async () => {
  const folder = await mkdtemp(join(tmpdir(), "client-"));
  try {
    await generate(DOCUMENT, folder);
    expect(await contentOf(folder)).toEqual(await contentOf(COMMITTED));
  } finally {
    await rm(folder, { recursive: true });
  }
});
