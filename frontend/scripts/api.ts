/**
 * Generates the client from openapi.json. With BASE_URL, it first fetches the document from a
 * running stack.
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { generate } from "./generate.ts";

const DOCUMENT = fileURLToPath(new URL("../openapi.json", import.meta.url));
const OUTPUT = fileURLToPath(new URL("../src/api/generated", import.meta.url));
const base = process.env.BASE_URL;

if (base) {
  const response = await fetch(new URL("/api/openapi.json", base));
  if (!response.ok) throw new Error(`${response.url} returned ${response.status}`);
  await writeFile(DOCUMENT, `${JSON.stringify(await response.json(), null, 1)}\n`);
}
await generate(DOCUMENT, OUTPUT);
