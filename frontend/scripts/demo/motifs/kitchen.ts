import { METAL, type Motif, WOOD } from "../palette.ts";

export const mug: Motif = (c) => `
<path d="M268 270h28a42 42 0 0 1 0 84h-34" fill="none" stroke="${c.dark}" stroke-width="18"/>
<path d="M112 240h162v120a50 50 0 0 1-50 50h-62a50 50 0 0 1-50-50Z" fill="${c.main}"/>
<path d="M112 300h162v60a50 50 0 0 1-50 50h-62a50 50 0 0 1-50-50Z" fill="${c.dark}" opacity=".35"/>
<ellipse cx="193" cy="240" rx="81" ry="14" fill="${c.dark}"/>`;

export const bowl: Motif = (c) => `
<path d="M80 270h240c0 80-50 122-92 122h-56c-42 0-92-42-92-122Z" fill="${c.main}"/>
<path d="M98 322c20 50 50 70 74 70h56c24 0 54-20 74-70Z" fill="${c.dark}" opacity=".35"/>
<ellipse cx="200" cy="270" rx="120" ry="20" fill="${c.light}"/>
<rect x="160" y="390" width="80" height="20" rx="6" fill="${c.dark}"/>`;

export const plates: Motif = (c) => `
<ellipse cx="200" cy="392" rx="140" ry="18" fill="${c.dark}"/>
<ellipse cx="200" cy="378" rx="140" ry="18" fill="${c.main}"/>
<ellipse cx="200" cy="358" rx="128" ry="17" fill="${c.dark}"/>
<ellipse cx="200" cy="346" rx="128" ry="17" fill="${c.light}"/>
<ellipse cx="200" cy="326" rx="108" ry="15" fill="${c.dark}"/>
<ellipse cx="200" cy="316" rx="108" ry="15" fill="${c.main}"/>
<ellipse cx="200" cy="315" rx="70" ry="8" fill="${c.light}"/>`;

export const pan: Motif = (c) => `
<rect x="262" y="338" width="124" height="18" rx="9" fill="${WOOD.dark}"/>
<path d="M56 326h220v34a50 50 0 0 1-50 50H106a50 50 0 0 1-50-50Z" fill="${c.main}"/>
<path d="M56 362h220a50 50 0 0 1-50 48H106a50 50 0 0 1-50-48Z" fill="${c.dark}"/>
<ellipse cx="166" cy="326" rx="110" ry="16" fill="${c.dark}"/>`;

export const pot: Motif = (c) => `
<rect x="60" y="300" width="280" height="20" rx="10" fill="${c.dark}"/>
<path d="M88 280h224v96a34 34 0 0 1-34 34H122a34 34 0 0 1-34-34Z" fill="${c.main}"/>
<path d="M88 350h224v26a34 34 0 0 1-34 34H122a34 34 0 0 1-34-34Z" fill="${c.dark}" opacity=".4"/>
<path d="M84 280a116 44 0 0 1 232 0Z" fill="${c.light}"/>
<circle cx="200" cy="230" r="14" fill="${WOOD.dark}"/>`;

export const kettle: Motif = (c) => `
<path d="M130 250a70 70 0 0 1 140 0" fill="none" stroke="${WOOD.dark}" stroke-width="16"/>
<path d="M288 300l64-52 14 16-60 90Z" fill="${c.dark}"/>
<path d="M104 330a96 90 0 0 1 192 0l14 80H90Z" fill="${c.main}"/>
<path d="M97 370h206l7 40H90Z" fill="${c.dark}" opacity=".4"/>
<circle cx="200" cy="234" r="13" fill="${WOOD.main}"/>`;

export const cutlery: Motif = (c) => `
<g fill="${METAL.main}"><rect x="106" y="110" width="8" height="80" rx="4"/><rect x="124" y="110" width="8" height="80" rx="4"/><rect x="142" y="110" width="8" height="80" rx="4"/>
<path d="M106 180h44v16a22 22 0 0 1-44 0Z"/><path d="M192 110c30 10 32 90 22 124h-22Z"/><ellipse cx="284" cy="158" rx="28" ry="44"/></g>
<g fill="${c.main}"><rect x="120" y="210" width="16" height="200" rx="8"/><rect x="194" y="228" width="16" height="182" rx="8"/><rect x="276" y="198" width="16" height="212" rx="8"/></g>
<g fill="${c.dark}"><rect x="120" y="330" width="16" height="80" rx="8"/><rect x="194" y="330" width="16" height="80" rx="8"/><rect x="276" y="330" width="16" height="80" rx="8"/></g>`;

export const board: Motif = (c) => `
<path d="M120 190a20 20 0 0 1 20-20h34v-44a26 26 0 0 1 52 0v44h34a20 20 0 0 1 20 20v220H120Z" fill="${WOOD.main}"/>
<g stroke="${WOOD.dark}" stroke-width="3" opacity=".5"><path d="M150 190v220M186 180v230M222 180v230M256 200v210"/></g>
<circle cx="200" cy="128" r="10" fill="${WOOD.dark}"/>
<path d="M80 340a44 40 0 0 1 88 0 44 62 0 0 1-88 70 44 62 0 0 1 0-70Z" fill="${c.main}"/>
<path d="M124 306q6-24 26-26" fill="none" stroke="${c.dark}" stroke-width="6"/>`;

export const jar: Motif = (c) => `
<rect x="136" y="176" width="128" height="40" rx="8" fill="${WOOD.main}"/>
<path d="M130 216h140q24 20 24 60v104a30 30 0 0 1-30 30H136a30 30 0 0 1-30-30V276q0-40 24-60Z" fill="#e6ece9"/>
<path d="M106 296h188v84a30 30 0 0 1-30 30H136a30 30 0 0 1-30-30Z" fill="${c.main}"/>
<rect x="140" y="320" width="120" height="50" rx="4" fill="#fbf7ee"/>
<rect x="156" y="340" width="88" height="8" rx="4" fill="${c.dark}"/>`;

export const teapot: Motif = (c) => `
<path d="M118 300q-70-20-62 40 8 44 74 40" fill="none" stroke="${c.dark}" stroke-width="16"/>
<path d="M286 330q40-10 54-66l20 8q-6 90-76 108Z" fill="${c.dark}"/>
<ellipse cx="204" cy="336" rx="104" ry="74" fill="${c.main}"/>
<path d="M106 356a104 74 0 0 0 196 0Z" fill="${c.dark}" opacity=".35"/>
<path d="M150 270a54 26 0 0 1 108 0Z" fill="${c.light}"/><circle cx="204" cy="238" r="12" fill="${c.dark}"/>`;
