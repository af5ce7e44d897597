/** The background hue of each category, close to those in src/lib/productArt.ts. */
const HUES: Record<string, number> = {
  electronics: 255,
  kitchen: 40,
  furniture: 75,
  lighting: 95,
  stationery: 20,
  garden: 145,
  outdoors: 165,
  toys: 350,
  textiles: 310,
  books: 215,
};

export function artHue(category: string): number {
  return HUES[category] ?? 60;
}
