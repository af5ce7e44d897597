import { artHue } from "./hue.ts";
import * as desk from "./motifs/desk.ts";
import * as furniture from "./motifs/furniture.ts";
import * as kitchen from "./motifs/kitchen.ts";
import * as outside from "./motifs/outside.ts";
import * as play from "./motifs/play.ts";
import type { Colour } from "./palette.ts";

const MOTIFS = { ...kitchen, ...furniture, ...desk, ...outside, ...play };

export type MotifName = keyof typeof MOTIFS;

/** Return a picture of a product on a table, in front of a wall in its category's hue. */
export function picture(motif: MotifName, colour: Colour, category: string): string {
  const hue = artHue(category);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 500" width="640" height="800">
<rect width="400" height="500" fill="oklch(0.925 0.025 ${hue})"/>
<circle cx="290" cy="150" r="150" fill="oklch(0.955 0.02 ${hue})"/>
<rect y="388" width="400" height="112" fill="oklch(0.84 0.035 ${hue})"/>
<ellipse cx="200" cy="414" rx="150" ry="13" fill="oklch(0.7 0.04 ${hue})" opacity=".6"/>
${MOTIFS[motif](colour)}
</svg>`;
}
