/** Renders the demo pictures into frontend/demo. Only needed after a change of a motif. */
import { mkdir, writeFile } from "node:fs/promises";
import { chromium } from "@playwright/test";
import { launchOptions } from "../chromium.ts";
import { demoProducts, fileName, SEEDED } from "./catalogue.ts";
import { COLOURS } from "./palette.ts";
import { picture } from "./picture.ts";

const FOLDER = new URL("../../demo/", import.meta.url);
const pictures = new Map<string, string>();
for (const { file, motif, colour, categories } of demoProducts()) {
  pictures.set(file, picture(motif, colour, categories[0] ?? ""));
}
for (const [name, motif, colourName, category] of SEEDED) {
  const colour = COLOURS[colourName];
  if (colour) pictures.set(fileName(name), picture(motif, colour, category));
}

await mkdir(FOLDER, { recursive: true });
const browser = await chromium.launch(launchOptions());
const page = await browser.newPage();
for (const [file, svg] of pictures) {
  const data = await page.evaluate(toWebp, `data:image/svg+xml;base64,${btoa(svg)}`);
  await writeFile(new URL(file, FOLDER), Buffer.from(data.split(",")[1] ?? "", "base64"));
}
await browser.close();
console.log(`Rendered ${pictures.size} pictures.`);

async function toWebp(source: string): Promise<string> {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d")?.drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.82);
}
