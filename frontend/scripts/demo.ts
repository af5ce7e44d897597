/**
 * Adds about 200 products with pictures to the shop at BASE_URL. Existing products are not changed,
 * so the script can run repeatedly.
 */
import { readFile } from "node:fs/promises";
import { demoProducts, fileName, SEEDED } from "./demo/catalogue.ts";
import { Shop } from "./demo/shop.ts";

const CONCURRENCY = 4;
const base = process.env.BASE_URL ?? "http://127.0.0.1:8080";
const email = process.env.DEMO_EMAIL ?? "admin@admin.com";
const shop = await Shop.signIn(base, email, process.env.DEMO_PASSWORD ?? email);

const products = demoProducts();
for (const name of new Set(products.flatMap((product) => product.categories)))
  await shop.addCategory(name);

let added = 0;
// Products are added in a mixed order, so that the newest ones are not all of one kind.
const queue = products
  .map((product, index) => ({ product, position: (index * 37) % products.length }))
  .toSorted((first, second) => first.position - second.position)
  .map(({ product }) => product);
await Promise.all(Array.from({ length: CONCURRENCY }, work));
for (const [name] of SEEDED) {
  const seeded = await shop.find(name);
  if (seeded && !seeded.image_url)
    await shop.putPicture(seeded.id, await readPicture(fileName(name)));
}
console.log(`Added ${added} products to ${base}; ${products.length - added} existed.`);

async function work(): Promise<void> {
  for (let product = queue.shift(); product; product = queue.shift()) {
    const { name, description, price, quantity, categories, file } = product;
    const created = await shop.addProduct({ name, description, price, quantity, categories });
    const saved = created ?? (await shop.find(name));
    if (created) added += 1;
    if (saved && !saved.image_url) await shop.putPicture(saved.id, await readPicture(file));
  }
}

function readPicture(name: string): Promise<Buffer<ArrayBuffer>> {
  return readFile(new URL(`../demo/${name}`, import.meta.url));
}
