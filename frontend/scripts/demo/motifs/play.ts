import { DARK, type Motif, PAPER, WOOD } from "../palette.ts";

export const blocks: Motif = (c) => `
<rect x="80" y="310" width="100" height="100" rx="8" fill="${c.main}"/><rect x="200" y="310" width="100" height="100" rx="8" fill="${WOOD.main}"/><rect x="138" y="206" width="100" height="100" rx="8" fill="${c.light}"/>
<circle cx="130" cy="360" r="24" fill="${PAPER}"/><path d="M250 334l26 46h-52Z" fill="${PAPER}"/><rect x="166" y="234" width="44" height="44" fill="${c.dark}"/>`;

export const train: Motif = (c) => `
<rect x="70" y="240" width="110" height="130" rx="10" fill="${c.dark}"/><rect x="92" y="262" width="66" height="50" rx="6" fill="${PAPER}"/><rect x="170" y="290" width="150" height="80" rx="16" fill="${c.main}"/><rect x="256" y="232" width="34" height="60" rx="6" fill="${c.dark}"/><circle cx="272" cy="206" r="18" fill="${PAPER}"/><circle cx="300" cy="176" r="24" fill="${PAPER}"/>
<g fill="${WOOD.dark}"><circle cx="116" cy="380" r="32"/><circle cx="210" cy="384" r="26"/><circle cx="284" cy="384" r="26"/></g><g fill="${WOOD.light}"><circle cx="116" cy="380" r="10"/><circle cx="210" cy="384" r="8"/><circle cx="284" cy="384" r="8"/></g>`;

export const bear: Motif = (c) => `
<g fill="${c.dark}"><circle cx="138" cy="150" r="30"/><circle cx="262" cy="150" r="30"/><ellipse cx="110" cy="310" rx="30" ry="50" transform="rotate(24 110 310)"/><ellipse cx="290" cy="310" rx="30" ry="50" transform="rotate(-24 290 310)"/></g>
<ellipse cx="200" cy="330" rx="88" ry="84" fill="${c.main}"/><circle cx="200" cy="196" r="82" fill="${c.main}"/><ellipse cx="200" cy="344" rx="50" ry="50" fill="${c.light}"/><ellipse cx="200" cy="222" rx="36" ry="28" fill="${c.light}"/>
<g fill="${DARK}"><circle cx="170" cy="184" r="8"/><circle cx="230" cy="184" r="8"/><ellipse cx="200" cy="212" rx="12" ry="9"/></g><g fill="${c.dark}"><ellipse cx="140" cy="396" rx="38" ry="24"/><ellipse cx="260" cy="396" rx="38" ry="24"/></g>`;

export const kite: Motif = (c) => `
<path d="M220 70l100 110-130 170L100 170Z" fill="${c.main}"/><path d="M220 70l-30 280L100 170Z" fill="${c.light}"/><path d="M100 170l220 10M220 70l-30 280" stroke="${c.dark}" stroke-width="5"/>
<path d="M190 350q-40 20-20 50t-30 40" fill="none" stroke="${DARK}" stroke-width="4"/><g fill="${c.dark}"><path d="M164 380l24 14-26 10ZM140 420l28 8-20 16Z"/></g>`;

export const ball: Motif = (c) => `
<circle cx="200" cy="290" r="120" fill="${c.main}"/><path d="M200 170c-50 50-50 190 0 240-80-10-120-64-120-120s40-110 120-120Z" fill="${c.light}"/><path d="M200 170c50 50 50 190 0 240 80-10 120-64 120-120s-40-110-120-120Z" fill="${c.dark}" opacity=".55"/><circle cx="200" cy="290" r="24" fill="${PAPER}"/>`;

export const puzzle: Motif = (c) => `
<path d="M96 200h76c-14-40 56-40 42 0h76v76c40-14 40 56 0 42v92h-90c14-40-56-40-42 0H96v-80c40 14 40-60 0-46Z" fill="${c.main}"/><path d="M200 200h14c14-40-56-40-42 0h28v90h-104v-6c40-14 40 60 0 46v-20h104Z" fill="${c.dark}" opacity=".35"/>`;
