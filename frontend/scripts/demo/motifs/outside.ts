import { DARK, LEAF, METAL, type Motif, PAPER, WOOD } from "../palette.ts";

export const plant: Motif = (c) => `
<g fill="${LEAF.main}"><path d="M200 290c-70-20-96-76-90-130 56 6 92 56 90 130ZM200 290c0-80 30-136 84-156 20 62-12 130-84 156Z"/></g>
<g fill="${LEAF.dark}"><path d="M198 290c-30-60-30-130 0-190 30 60 32 130 2 190ZM206 300c24-44 66-66 114-58-18 46-62 66-114 58Z"/></g>
<path d="M128 290h144l-16 100a24 24 0 0 1-24 20h-64a24 24 0 0 1-24-20Z" fill="${c.main}"/><rect x="118" y="280" width="164" height="30" rx="8" fill="${c.dark}"/>`;

export const wateringCan: Motif = (c) => `
<path d="M120 280a60 60 0 1 1 110-40" fill="none" stroke="${c.dark}" stroke-width="15"/>
<path d="M240 370l86-130 22 14-70 140Z" fill="${c.dark}"/><path d="M312 232l52 34-10 16-54-36Z" fill="${c.light}"/>
<path d="M96 280h164v100a30 30 0 0 1-30 30H126a30 30 0 0 1-30-30Z" fill="${c.main}"/><path d="M96 340h164v40a30 30 0 0 1-30 30H126a30 30 0 0 1-30-30Z" fill="${c.dark}" opacity=".35"/>`;

export const trowel: Motif = (c) => `
<g transform="rotate(14 150 280)"><rect x="132" y="100" width="30" height="110" rx="15" fill="${c.main}"/><rect x="141" y="206" width="12" height="60" fill="${METAL.dark}"/><path d="M108 262h78v80q-10 54-39 70-29-16-39-70Z" fill="${METAL.main}"/></g>
<g transform="rotate(-12 270 280)"><rect x="254" y="120" width="30" height="110" rx="15" fill="${c.main}"/><rect x="263" y="226" width="12" height="60" fill="${METAL.dark}"/><path d="M232 286h74v14h-12v110h-14v-110h-22v110h-14v-110h-12Z" fill="${METAL.main}"/></g>`;

export const seeds: Motif = (c) => `
<g transform="rotate(-7 200 270)"><rect x="110" y="140" width="180" height="260" rx="8" fill="${PAPER}"/><rect x="110" y="140" width="180" height="66" rx="8" fill="${c.main}"/><rect x="140" y="164" width="120" height="16" rx="8" fill="${PAPER}"/>
<path d="M200 370V270" stroke="${LEAF.dark}" stroke-width="8"/><path d="M200 310c-40 0-56-24-58-46 34-4 56 14 58 46Zm0-10c0-34 20-52 54-52 2 30-18 52-54 52Z" fill="${LEAF.main}"/><circle cx="200" cy="258" r="24" fill="${c.main}"/></g>`;

export const tent: Motif = (c) => `
<path d="M200 150L40 410h320Z" fill="${c.main}"/><path d="M200 150l160 260H250Z" fill="${c.dark}"/><path d="M200 210l-52 200h104Z" fill="${DARK}"/><path d="M200 210l-52 200h30Z" fill="${c.light}"/>
<path d="M200 150v-24" stroke="${WOOD.dark}" stroke-width="8"/>`;

export const bottle: Motif = (c) => `
<rect x="164" y="110" width="72" height="46" rx="10" fill="${DARK}"/><path d="M156 156h88q26 30 26 66v154a34 34 0 0 1-34 34h-72a34 34 0 0 1-34-34V222q0-36 26-66Z" fill="${c.main}"/>
<path d="M220 156h24q26 30 26 66v154a34 34 0 0 1-34 34h-26q24-40 24-140 0-80-14-114Z" fill="${c.dark}" opacity=".45"/><rect x="130" y="270" width="140" height="10" fill="${c.light}"/>`;

export const backpack: Motif = (c) => `
<path d="M164 150a36 36 0 0 1 72 0" fill="none" stroke="${c.dark}" stroke-width="14"/>
<path d="M96 240a104 104 0 0 1 208 0v140a30 30 0 0 1-30 30H126a30 30 0 0 1-30-30Z" fill="${c.main}"/><path d="M100 210a104 100 0 0 1 200 0v40H100Z" fill="${c.dark}"/>
<rect x="130" y="296" width="140" height="92" rx="14" fill="${c.light}"/><rect x="130" y="320" width="140" height="8" fill="${c.dark}"/><rect x="186" y="236" width="28" height="40" rx="6" fill="${WOOD.main}"/>`;

export const lantern: Motif = (c) => `
<path d="M140 190a60 66 0 0 1 120 0" fill="none" stroke="${DARK}" stroke-width="8"/><path d="M140 180h120l16 34H124Z" fill="${c.main}"/>
<rect x="138" y="214" width="124" height="140" fill="#f7ead0"/><path d="M200 250c28 34 28 66 0 78-28-12-28-44 0-78Z" fill="#f0b542"/><g fill="${c.dark}"><rect x="132" y="214" width="12" height="140"/><rect x="256" y="214" width="12" height="140"/></g><path d="M124 354h152l14 56H110Z" fill="${c.main}"/>`;

export const blanket: Motif = (c) => `
<rect x="70" y="330" width="260" height="80" rx="26" fill="${c.main}"/><rect x="78" y="264" width="244" height="76" rx="26" fill="${c.light}"/><rect x="86" y="204" width="228" height="70" rx="26" fill="${c.dark}"/>
<g stroke="${PAPER}" stroke-width="6" opacity=".8"><path d="M110 204v70M134 204v70M102 264v76M126 264v76M94 330v80M118 330v80"/></g>`;

export const cushion: Motif = (c) => `
<path d="M90 190q110 26 220 0 14 110 0 220-110-22-220 0-14-110 0-220Z" fill="${c.main}"/><g stroke="${c.light}" stroke-width="8" fill="none"><path d="M96 250q104 20 208 0M92 300q108 16 216 0M94 350q106 12 212 0"/></g>`;

export const towel: Motif = (c) => `
<rect x="60" y="120" width="280" height="14" rx="7" fill="${WOOD.dark}"/><path d="M104 128h192v240H104Z" fill="${c.main}"/><path d="M104 128h60v282h-60Z" fill="${c.dark}"/><g fill="${c.light}"><rect x="164" y="310" width="132" height="12"/><rect x="164" y="332" width="132" height="6"/><rect x="104" y="350" width="60" height="12"/></g>`;

export const rug: Motif = (c) => `
<path d="M70 250h260l50 160H20Z" fill="${c.main}"/><path d="M98 278h204l32 104H66Z" fill="${c.light}"/><path d="M200 292l66 38-66 40-66-40Z" fill="${c.dark}"/><g stroke="${c.dark}" stroke-width="5"><path d="M30 410v14M90 410v14M150 410v14M210 410v14M270 410v14M330 410v14M370 410v14"/></g>`;
