import { DARK, METAL, type Motif, PAPER, WOOD } from "../palette.ts";

export const laptop: Motif = (c) => `
<rect x="78" y="170" width="244" height="176" rx="14" fill="${c.dark}"/><rect x="92" y="184" width="216" height="148" rx="4" fill="${c.light}"/>
<circle cx="240" cy="236" r="30" fill="${c.main}"/><path d="M92 332v-40q56-56 108 0t108-20v60Z" fill="${c.main}"/>
<path d="M46 346h308l14 44a14 14 0 0 1-14 20H46a14 14 0 0 1-14-20Z" fill="${METAL.main}"/><rect x="160" y="352" width="80" height="16" rx="6" fill="${METAL.dark}"/>`;

export const headphones: Motif = (c) => `
<path d="M96 310V250a104 104 0 0 1 208 0v60" fill="none" stroke="${c.dark}" stroke-width="22"/>
<rect x="68" y="280" width="62" height="120" rx="30" fill="${c.main}"/><rect x="270" y="280" width="62" height="120" rx="30" fill="${c.main}"/>
<rect x="112" y="292" width="26" height="96" rx="13" fill="${c.light}"/><rect x="262" y="292" width="26" height="96" rx="13" fill="${c.light}"/>`;

export const speaker: Motif = (c) => `
<rect x="122" y="130" width="156" height="280" rx="20" fill="${c.main}"/>
<circle cx="200" cy="310" r="60" fill="${c.dark}"/><circle cx="200" cy="310" r="26" fill="${c.light}"/><circle cx="200" cy="190" r="32" fill="${c.dark}"/><circle cx="200" cy="190" r="12" fill="${c.light}"/>`;

export const radio: Motif = (c) => `
<path d="M150 230L270 130" stroke="${METAL.dark}" stroke-width="8" stroke-linecap="round"/>
<rect x="62" y="230" width="276" height="180" rx="22" fill="${c.main}"/><circle cx="140" cy="320" r="58" fill="${c.dark}"/>
<g fill="${c.light}"><circle cx="140" cy="320" r="40"/><rect x="222" y="264" width="92" height="40" rx="6"/></g><path d="M262 264v40" stroke="${DARK}" stroke-width="4"/>
<circle cx="244" cy="356" r="20" fill="${PAPER}"/><circle cx="296" cy="356" r="20" fill="${PAPER}"/>`;

export const camera: Motif = (c) => `
<path d="M150 250l16-34h68l16 34Z" fill="${c.dark}"/><rect x="66" y="246" width="268" height="164" rx="22" fill="${c.main}"/>
<rect x="66" y="290" width="268" height="76" fill="${c.dark}"/><circle cx="200" cy="328" r="66" fill="${METAL.light}"/><circle cx="200" cy="328" r="50" fill="${DARK}"/><circle cx="184" cy="312" r="14" fill="${METAL.light}" opacity=".6"/>
<rect x="282" y="260" width="34" height="18" rx="5" fill="${PAPER}"/>`;

export const keyboard: Motif = (c) => {
  const keys = [0, 1, 2, 3, 4, 5].flatMap((x) =>
    [0, 1, 2].map(
      (y) =>
        `<rect x="${62 + x * 47}" y="${284 + y * 34}" width="40" height="27" rx="5" fill="${(x + y) % 5 === 0 ? c.dark : c.light}"/>`,
    ),
  );
  return `<rect x="42" y="264" width="316" height="146" rx="16" fill="${c.main}"/>${keys.join("")}<rect x="110" y="385" width="180" height="14" rx="5" fill="${c.light}"/>`;
};

export const notebook: Motif = (c) => `
<g transform="rotate(-6 200 280)"><rect x="112" y="150" width="190" height="260" rx="8" fill="${PAPER}"/><rect x="104" y="144" width="190" height="260" rx="8" fill="${c.main}"/><rect x="104" y="144" width="28" height="260" rx="8" fill="${c.dark}"/><rect x="160" y="196" width="104" height="54" rx="4" fill="${PAPER}"/><rect x="254" y="144" width="10" height="260" fill="${c.light}"/></g>`;

export const pencils: Motif = (c) => `
<g><path d="M160 250l-26-130 18-4 26 130Z" fill="${c.main}"/><path d="M196 250v-150h20v150Z" fill="${c.light}"/><path d="M232 250l30-120 18 5-30 118Z" fill="${c.dark}"/></g>
<g fill="${WOOD.light}"><path d="M134 120l4-28 14 24ZM196 100l10-30 10 30ZM262 130l15-22 3 27Z"/></g>
<path d="M130 240h140l-10 150a20 20 0 0 1-20 20h-80a20 20 0 0 1-20-20Z" fill="${WOOD.main}"/><path d="M133 300h134l-3 50H136Z" fill="${WOOD.dark}" opacity=".4"/>`;

export const pen: Motif = (c) => `
<g transform="rotate(38 200 280)"><rect x="184" y="120" width="32" height="210" rx="16" fill="${c.main}"/><rect x="184" y="220" width="32" height="110" fill="${c.dark}"/><path d="M186 330h28l-14 50Z" fill="${METAL.main}"/><rect x="210" y="134" width="8" height="80" rx="4" fill="${METAL.light}"/></g>
<path d="M90 404q60-30 110 0t110-4" fill="none" stroke="${c.dark}" stroke-width="6" stroke-linecap="round"/>`;

export const book: Motif = (c) => `
<g><rect x="82" y="360" width="236" height="50" rx="6" fill="${c.dark}"/><rect x="98" y="368" width="216" height="34" fill="${PAPER}"/>
<rect x="98" y="306" width="214" height="50" rx="6" fill="${c.main}"/><rect x="104" y="314" width="198" height="34" fill="${PAPER}"/>
<g transform="rotate(-5 200 270)"><rect x="92" y="250" width="208" height="46" rx="6" fill="${c.light}"/><rect x="106" y="258" width="190" height="30" fill="${PAPER}"/></g></g>
<path d="M176 236c-10-34 0-60 24-60s34 26 24 60Z" fill="${c.main}"/><path d="M200 176q4-18 20-22" fill="none" stroke="${c.dark}" stroke-width="6"/>`;
