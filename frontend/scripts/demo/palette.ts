/** The colours of the demo products. */
export interface Colour {
  name: string;
  main: string;
  dark: string;
  light: string;
}

export const COLOURS: Record<string, Colour> = {
  moss: { name: "moss", main: "#5f7a52", dark: "#455c3b", light: "#93aa84" },
  clay: { name: "clay", main: "#c2704a", dark: "#985233", light: "#dfa184" },
  ink: { name: "ink", main: "#34435c", dark: "#232e41", light: "#6b7c99" },
  chalk: { name: "chalk", main: "#f4efe4", dark: "#d5ccba", light: "#fffdf8" },
  mustard: { name: "mustard", main: "#d6a03c", dark: "#ab7b23", light: "#ecc883" },
  sky: { name: "sky", main: "#7fa6c4", dark: "#587f9e", light: "#b4cfe2" },
  plum: { name: "plum", main: "#7d5069", dark: "#5d384c", light: "#ad8499" },
  pine: { name: "pine", main: "#17594a", dark: "#0e4036", light: "#5b9585" },
  oak: { name: "oak", main: "#b98a5a", dark: "#8f673e", light: "#d8b58f" },
  rose: { name: "rose", main: "#d39a94", dark: "#af736d", light: "#ebc5c1" },
};

export const WOOD = { main: "#b98a5a", dark: "#8f673e", light: "#d8b58f" };
export const METAL = { main: "#aeb2b3", dark: "#7d8384", light: "#dcdfdf" };
export const LEAF = { main: "#4f7f63", dark: "#376049", light: "#83ac93" };
export const PAPER = "#fbf7ee";
export const DARK = "#2b2a28";

/** Draws a product that stands at y = 410 in a view box of 400 by 500. */
export type Motif = (colour: Colour) => string;
