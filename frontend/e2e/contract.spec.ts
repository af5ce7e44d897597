import { readFile } from "node:fs/promises";
import { expect, test } from "./shop.ts";

test("the committed OpenAPI document is current (if not: BASE_URL=... npm run api)", async ({
  request,
}) => {
  const committed = JSON.parse(await readFile(new URL("../openapi.json", import.meta.url), "utf8"));
  const served = await (await request.get("/api/openapi.json")).json();
  expect(served.paths).toEqual(committed.paths);
  expect(served.components.schemas).toEqual(committed.components.schemas);
});
