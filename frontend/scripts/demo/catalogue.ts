import { COLOURS, type Colour } from "./palette.ts";
import type { MotifName } from "./picture.ts";

interface Kind {
  name: string;
  categories: string[];
  motif: MotifName;
  euros: number;
  text: string;
  colours: string[];
}

export interface DemoProduct {
  name: string;
  description: string;
  price: number;
  quantity: number;
  categories: string[];
  motif: MotifName;
  colour: Colour;
  file: string;
}

const defineKind = (
  name: string,
  categories: string,
  motif: MotifName,
  euros: number,
  text: string,
  colours: string,
): Kind => ({
  name,
  categories: categories.split(" "),
  motif,
  euros,
  text,
  colours: colours.split(" "),
});

// biome-ignore format: a table is easier to read with one product per line.
const KINDS: Kind[] = [
  defineKind("stoneware mug", "kitchen", "mug", 14.5, "Holds 350 ml and keeps its heat. Glazed by hand, so that no two are quite the same.", "moss clay ink chalk"),
  defineKind("breakfast bowl", "kitchen", "bowl", 16, "Deep enough for porridge, wide enough for fruit. Safe in the dishwasher.", "sky clay chalk pine"),
  defineKind("set of three plates", "kitchen", "plates", 42, "Dinner, lunch and side plate, made to be stacked.", "chalk ink moss rose"),
  defineKind("enamel pan", "kitchen", "pan", 38.9, "26 cm across, for every hob, with a handle of beech that stays cool.", "ink clay pine mustard"),
  defineKind("cast-iron pot", "kitchen", "pot", 89, "Four litres for stews and for bread. It will outlive the stove.", "clay pine ink mustard"),
  defineKind("whistling kettle", "kitchen", "kettle", 46, "Two litres, and a voice that you will hear in the garden.", "sky chalk clay ink"),
  defineKind("teapot for four", "kitchen", "teapot", 34.5, "With a sieve of steel that comes out for washing.", "moss plum chalk sky"),
  defineKind("chopping board", "kitchen", "board", 28, "One piece of oiled oak, with a hole to hang it by.", "clay moss plum mustard"),
  defineKind("storage jar", "kitchen", "jar", 12.9, "A litre of glass with a lid of wood that seals.", "mustard clay moss rose"),
  defineKind("picnic cutlery", "kitchen outdoors", "cutlery", 19.9, "Knife, fork and spoon with coloured handles, in a roll of canvas.", "clay pine mustard sky"),
  defineKind("reading armchair", "furniture", "armchair", 389, "Wide arms for a book and a cup, covered in wool.", "moss clay ink mustard"),
  defineKind("kitchen chair", "furniture kitchen", "chair", 119, "Solid beech with a woven seat. Comes in one piece.", "moss ink clay chalk"),
  defineKind("round stool", "furniture", "stool", 64, "A seat, a step or a bedside table.", "mustard sky rose pine"),
  defineKind("side table", "furniture", "table", 149, "Oak with tapered legs; a tin of oil comes with it.", "moss clay sky plum"),
  defineKind("bookshelf", "furniture", "shelf", 219, "Three boards and two sides that go together without a screw.", "clay ink moss plum"),
  defineKind("two-seat sofa", "furniture", "sofa", 749, "Springs, wool and covers that come off for washing.", "pine rose ink mustard"),
  defineKind("table lamp", "lighting furniture", "tableLamp", 78, "Warm light for a corner; the shade is linen.", "mustard chalk rose moss"),
  defineKind("pendant lamp", "lighting", "pendant", 96, "Spun steel on two metres of cloth cable.", "ink clay pine chalk"),
  defineKind("floor lamp", "lighting furniture", "floorLamp", 164, "Three legs of oak and a shade that does not dazzle.", "chalk mustard sky rose"),
  defineKind("beeswax candles", "lighting", "candle", 18.5, "Three heights, forty hours in all.", "mustard chalk rose plum"),
  defineKind("camping lantern", "outdoors lighting", "lantern", 39, "Runs for thirty hours and hangs from a branch.", "pine clay ink mustard"),
  defineKind("table radio", "electronics", "radio", 129, "Two knobs and good sound. It remembers where it was.", "mustard pine rose ink"),
  defineKind("bookshelf speaker", "electronics", "speaker", 178, "A pair for a room of twenty square metres.", "ink oak pine chalk"),
  defineKind("studio headphones", "electronics", "headphones", 149, "Closed, light, and every part can be replaced.", "ink rose chalk pine"),
  defineKind("compact camera", "electronics", "camera", 329, "A fixed lens and a dial for each thing that matters.", "ink clay moss plum"),
  defineKind("small keyboard", "electronics", "keyboard", 99, "Sixty keys with a quiet stroke, by cable or without.", "chalk ink sky rose"),
  defineKind("travel laptop", "electronics", "laptop", 1149, "1.1 kg and a battery for the whole day.", "ink sky plum moss"),
  defineKind("wall clock", "furniture", "clock", 54, "It moves without ticking.", "clay ink mustard pine"),
  defineKind("lined notebook", "stationery", "notebook", 11.5, "192 pages that lie flat and take ink.", "clay moss ink plum"),
  defineKind("pencils in a cup", "stationery", "pencils", 17, "Twelve soft pencils, and a cup of ash wood for them.", "clay sky moss plum"),
  defineKind("fountain pen", "stationery", "pen", 49, "A steel nib that writes at once, filled from a bottle.", "ink pine plum clay"),
  defineKind("book of stories", "books", "book", 22, "Twenty-one short ones, for trains and for evenings.", "plum ink clay moss"),
  defineKind("field guide", "books outdoors", "book", 26.5, "What grows and flies within an hour of the town.", "pine mustard sky rose"),
  defineKind("potted plant", "garden", "plant", 27, "Needs a window and a glass of water on Sundays.", "clay chalk ink rose"),
  defineKind("watering can", "garden", "wateringCan", 32, "Five litres, with a rose for seedlings.", "pine sky mustard clay"),
  defineKind("hand tools", "garden", "trowel", 29.9, "Trowel and fork of forged steel, with handles of ash.", "clay pine mustard ink"),
  defineKind("flower seeds", "garden", "seeds", 4.9, "For two square metres that bees will find.", "rose mustard plum sky"),
  defineKind("tent for two", "outdoors", "tent", 279, "Up in five minutes, dry in a storm, 2.2 kg.", "pine mustard clay sky"),
  defineKind("steel bottle", "outdoors", "bottle", 24, "Half a litre, cold for a day or hot for a night.", "moss ink rose sky"),
  defineKind("day backpack", "outdoors", "backpack", 84, "Eighteen litres of waxed canvas.", "moss mustard ink clay"),
  defineKind("wool blanket", "textiles", "blanket", 92, "Woven in one width, soft from the first evening.", "moss clay plum sky"),
  defineKind("striped cushion", "textiles", "cushion", 36, "Filled with feathers, with a zip that hides.", "mustard pine rose ink"),
  defineKind("linen towel", "textiles kitchen", "towel", 15.5, "Dries glasses without fluff and gets better with age.", "sky clay moss chalk"),
  defineKind("flat-woven rug", "textiles furniture", "rug", 198, "140 by 200 cm, both sides good.", "clay ink moss mustard"),
  defineKind("building blocks", "toys", "blocks", 31, "Forty pieces of maple, coloured with water-based stain.", "sky mustard rose moss"),
  defineKind("wooden train", "toys", "train", 44, "Pulls anything that has a hook.", "clay pine sky mustard"),
  defineKind("soft bear", "toys", "bear", 26, "Small enough to be carried by one ear.", "oak rose sky plum"),
  defineKind("paper kite", "toys outdoors", "kite", 21, "Flies in a breeze, folds into a sleeve.", "clay sky mustard pine"),
  defineKind("leather ball", "toys outdoors", "ball", 33.5, "Stitched by hand from eighteen panels.", "clay sky mustard ink"),
  defineKind("picture puzzle", "toys", "puzzle", 18, "Five hundred pieces, and none of them sky.", "sky rose moss plum"),
];

/** The products that the services seed get pictures too. */
export const SEEDED: [name: string, motif: MotifName, colour: string, category: string][] = [
  ["chair", "armchair", "pine", "furniture"],
  ["cutlery", "cutlery", "ink", "kitchen"],
  ["headphones", "headphones", "clay", "electronics"],
  ["laptop", "laptop", "ink", "electronics"],
];

// Most products are well stocked, some are low, and a few are sold out.
const STOCK = [48, 120, 23, 3, 75, 18, 240, 9, 60, 1, 33, 150, 5, 90, 14, 27, 2, 66, 40, 0];

export function demoProducts(): DemoProduct[] {
  return KINDS.flatMap((kind, row) =>
    kind.colours.map((colourName, column): DemoProduct => {
      const colour = COLOURS[colourName];
      if (!colour) throw new Error(`Unknown colour ${colourName}.`);
      return {
        name: `${kind.name} in ${colour.name}`,
        description: kind.text,
        price: kind.euros + (column % 2 === 0 ? 0 : kind.euros > 50 ? 5 : 0.5),
        quantity: STOCK[(row * 7 + column * 3) % STOCK.length] ?? 10,
        categories: kind.categories,
        motif: kind.motif,
        colour,
        file: fileName(`${kind.name} ${colour.name}`),
      };
    }),
  );
}

export function fileName(name: string): string {
  return `${name.replaceAll(" ", "-")}.webp`;
}
