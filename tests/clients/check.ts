/** Checks the limits of a request in the generated schemas. `tsc` checks the types of all clients. */
import { zLineRequest } from "./typescript/hey/zod.gen.ts";

const ordered = { id: "a".repeat(24), quantity: 1, price: 19.99 };

function refuses(changes: object): boolean {
  zLineRequest.parse(ordered);
  return !zLineRequest.safeParse({ ...ordered, ...changes }).success;
}

// The generator of these schemas does not know multipleOf.
for (const changes of [{ quantity: -5 }, { price: -0.01 }, { price: 1_000_000.01 }]) {
  if (!refuses(changes)) throw new Error(`The generated schema accepts ${JSON.stringify(changes)}.`);
}
console.info("TypeScript: the clients compile, and the schemas refuse what the API refuses.");
