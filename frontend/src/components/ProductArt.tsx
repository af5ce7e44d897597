import type { CSSProperties, ReactNode } from "react";
import { artworkOf } from "@/lib/productArt";

interface Props {
  id: string;
  name: string;
  category: string;
}

const SHAPES: ReactNode[] = [
  <g key="sun">
    <circle className="art-b" cx="150" cy="150" r="86" />
    <path className="art-c" d="M-60 300a210 140 0 0 1 420 0v220H-60Z" />
  </g>,
  <g key="arches">
    <path className="art-b" d="M50 520V190a100 100 0 0 1 200 0v330Z" />
    <path className="art-c" d="M100 520V230a50 50 0 0 1 100 0v290Z" />
  </g>,
  <g key="stones">
    <rect className="art-b" x="60" y="60" width="180" height="150" rx="70" />
    <rect className="art-c" x="90" y="200" width="160" height="110" rx="52" />
  </g>,
  <g key="vase">
    <path className="art-b" d="M110 70h80v60c60 30 70 110 40 190H70c-30-80-20-160 40-190Z" />
    <circle className="art-c" cx="222" cy="112" r="44" />
  </g>,
  <g key="quarters">
    <path className="art-b" d="M30 190a150 150 0 0 1 150-150v150Z" />
    <path className="art-c" d="M270 190a150 150 0 0 1-150 150V190Z" />
  </g>,
  <g key="hills">
    <circle className="art-c" cx="205" cy="110" r="58" />
    <path className="art-b" d="M-90 520V290c90-110 180-110 260-40s140 60 240-20v290Z" />
  </g>,
];

/** A generated picture for a product without one: shapes in its category's hue and its initial. */
export function ProductArt({ id, name, category }: Props) {
  const art = artworkOf(id, category);
  const transform = `rotate(${art.tilt} 150 190) translate(150 190) scale(${art.scale}) translate(-150 -190)`;
  return (
    <svg
      className="art"
      viewBox="0 0 300 375"
      preserveAspectRatio="xMidYMax slice"
      style={{ "--hue": art.hue } as CSSProperties}
      aria-hidden="true"
    >
      <rect className="art-a" width="300" height="375" />
      <g transform={transform}>{SHAPES[art.composition]}</g>
      <text className="art-initial" x="24" y="346">
        {[...name.toUpperCase()][0]}
      </text>
    </svg>
  );
}
