/** The parameters of a generated picture. A product always gets the same ones. */
export interface ProductArtwork {
  hue: number;
  composition: number;
  tilt: number;
  scale: number;
}

export const COMPOSITIONS = 6;

// Hues of the demo categories. Other categories get a hue from a hash of their name.
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

/** FNV-1a, a short hash that spreads evenly enough for a few shapes. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}

export function categoryHue(category: string): number {
  return HUES[category] ?? (hash(category) % 24) * 15;
}

export function artworkOf(id: string, category: string): ProductArtwork {
  const seed = hash(id);
  return {
    hue: categoryHue(category),
    composition: seed % COMPOSITIONS,
    tilt: ((seed >>> 8) % 25) - 12,
    scale: 0.9 + ((seed >>> 16) % 20) / 100,
  };
}
