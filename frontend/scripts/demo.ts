/**
 * Fills the shop at BASE_URL with some 200 products and their pictures. What is there already stays
 * as it is, so it can be run again.
 */
import { readFile } from "node:fs/promises";
import { demoProducts, fileName, SEEDED } from "./demo/catalogue.ts";
import { Shop } from "./demo/shop.ts";

const AT_ONCE = 4;
const base = process.env.BASE_URL ?? "http://127.0.0.1:8080";
const email = process.env.DEMO_EMAIL ?? "admin@admin.com";
const shop = await Shop.enter(base, email, process.env.DEMO_PASSWORD ?? email);

const products = demoProducts();
for (const name of new Set(products.flatMap((each) => each.categories)))
  await shop.addCategory(name);

let added = 0;
// Oldest first, and mixed: a shop's newest things are not all of one kind.
const queue = products
  .map((product, index) => ({ product, place: (index * 37) % products.length }))
  .toSorted((one, other) => one.place - other.place)
  .map(({ product }) => product);
await Promise.all(Array.from({ length: AT_ONCE }, work));
for (const [name] of SEEDED) {
  const there = await shop.find(name);
  if (there && !there.image_url) await shop.putPicture(there.id, await pictureFile(fileName(name)));
}
console.log(`Added ${added} products; ${products.length - added} were there.`);

async function work(): Promise<void> {
  for (let product = queue.shift(); product; product = queue.shift()) {
    const { name, description, price, quantity, categories, file } = product;
    const made = await shop.addProduct({ name, description, price, quantity, categories });
    const there = made ?? (await shop.find(name));
    if (made) added += 1;
    if (there && !there.image_url) await shop.putPicture(there.id, await pictureFile(file));
  }
}

function pictureFile(name: string): Promise<Buffer<ArrayBuffer>> {
  return readFile(new URL(`../demo/${name}`, import.meta.url));
}
