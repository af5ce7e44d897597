import { DARK, type Motif, PAPER, WOOD } from "../palette.ts";

export const armchair: Motif = (c) => `
<g fill="${WOOD.dark}"><path d="M98 380h18l-6 50h-14ZM284 380h18l2 50h-14Z"/></g>
<path d="M104 170a50 50 0 0 1 50-50h92a50 50 0 0 1 50 50v170H104Z" fill="${c.main}"/>
<rect x="110" y="280" width="180" height="64" rx="22" fill="${c.light}"/>
<rect x="62" y="240" width="60" height="150" rx="28" fill="${c.dark}"/><rect x="278" y="240" width="60" height="150" rx="28" fill="${c.dark}"/>
<rect x="100" y="336" width="200" height="54" rx="12" fill="${c.main}"/>`;

export const chair: Motif = (c) => `
<g fill="${WOOD.main}"><rect x="120" y="120" width="16" height="290" rx="6"/><rect x="264" y="120" width="16" height="290" rx="6"/></g>
<g fill="${WOOD.dark}"><rect x="130" y="140" width="140" height="22" rx="8"/><rect x="130" y="190" width="140" height="22" rx="8"/></g>
<rect x="104" y="276" width="192" height="36" rx="14" fill="${c.main}"/><rect x="104" y="296" width="192" height="16" rx="8" fill="${c.dark}"/>
<rect x="130" y="362" width="140" height="12" fill="${WOOD.dark}"/>`;

export const stool: Motif = (c) => `
<g stroke="${WOOD.main}" stroke-width="16" stroke-linecap="round"><path d="M152 270l-30 134M248 270l30 134M200 270v134"/></g>
<path d="M134 350h132" stroke="${WOOD.dark}" stroke-width="10"/>
<rect x="104" y="238" width="192" height="40" rx="20" fill="${c.main}"/><path d="M104 258h192a20 20 0 0 1-20 20H124a20 20 0 0 1-20-20Z" fill="${c.dark}"/>`;

export const table: Motif = (c) => `
<g fill="${WOOD.dark}"><path d="M88 270h20l-10 140H82ZM292 270h20l6 140h-16Z"/></g>
<rect x="44" y="244" width="312" height="30" rx="10" fill="${WOOD.main}"/>
<path d="M170 176h60l-8 68h-44Z" fill="${c.main}"/><path d="M200 176c-30-30-34-60-24-84 22 14 32 44 24 84Zm0 0c4-36 22-56 50-60 2 26-18 50-50 60Z" fill="${c.dark}"/>`;

export const shelf: Motif = (c) => `
<g fill="${WOOD.main}"><rect x="84" y="90" width="14" height="320"/><rect x="302" y="90" width="14" height="320"/><rect x="84" y="180" width="232" height="12"/><rect x="84" y="290" width="232" height="12"/><rect x="84" y="394" width="232" height="16"/></g>
<g><rect x="112" y="110" width="20" height="70" fill="${c.main}"/><rect x="136" y="120" width="24" height="60" fill="${c.dark}"/><rect x="164" y="104" width="16" height="76" fill="${c.light}"/><circle cx="256" cy="152" r="28" fill="${c.main}"/>
<path d="M120 290v-50h60v50ZM220 290c-14-30 0-60 24-60s38 30 24 60Z" fill="${c.light}"/><rect x="206" y="340" width="84" height="54" fill="${c.dark}"/><rect x="112" y="328" width="18" height="66" fill="${c.main}"/><rect x="134" y="336" width="22" height="58" fill="${c.light}"/></g>`;

export const sofa: Motif = (c) => `
<g fill="${WOOD.dark}"><rect x="66" y="380" width="14" height="34"/><rect x="320" y="380" width="14" height="34"/></g>
<rect x="60" y="220" width="280" height="130" rx="36" fill="${c.main}"/>
<rect x="28" y="270" width="56" height="118" rx="26" fill="${c.dark}"/><rect x="316" y="270" width="56" height="118" rx="26" fill="${c.dark}"/>
<rect x="78" y="306" width="120" height="56" rx="18" fill="${c.light}"/><rect x="202" y="306" width="120" height="56" rx="18" fill="${c.light}"/>
<rect x="64" y="350" width="272" height="38" rx="10" fill="${c.main}"/>`;

export const tableLamp: Motif = (c) => `
<path d="M140 120h120l50 130H90Z" fill="${c.main}"/><path d="M104 214h192l14 36H90Z" fill="${c.dark}" opacity=".4"/>
<rect x="192" y="250" width="16" height="50" fill="${WOOD.dark}"/>
<path d="M156 390c-24-40-6-90 44-90s68 50 44 90Z" fill="${c.light}"/><rect x="140" y="388" width="120" height="22" rx="8" fill="${WOOD.main}"/>`;

export const pendant: Motif = (c) => `
<path d="M200 0v150" stroke="${DARK}" stroke-width="5"/>
<path d="M186 140h28v24h-28Z" fill="${WOOD.dark}"/>
<path d="M80 300a120 140 0 0 1 240 0Z" fill="${c.main}"/><path d="M200 164a120 140 0 0 1 120 136H238c0-60-12-106-38-136Z" fill="${c.dark}" opacity=".35"/>
<ellipse cx="200" cy="300" rx="120" ry="18" fill="${c.light}"/><circle cx="200" cy="312" r="24" fill="#fff4cf"/>`;

export const floorLamp: Motif = (c) => `
<g stroke="${WOOD.dark}" stroke-width="11" stroke-linecap="round"><path d="M200 220l-70 184M200 220l70 184M200 220v184"/></g>
<path d="M130 90h140l36 136H94Z" fill="${c.main}"/><path d="M102 196h196l8 30H94Z" fill="${c.dark}" opacity=".4"/>`;

export const candle: Motif = (c) => `
<g><rect x="112" y="250" width="52" height="160" rx="8" fill="${c.main}"/><rect x="176" y="200" width="52" height="210" rx="8" fill="${c.light}"/><rect x="240" y="290" width="52" height="120" rx="8" fill="${c.dark}"/></g>
<g stroke="${DARK}" stroke-width="4"><path d="M138 250v-16M202 200v-16M266 290v-16"/></g>
<g fill="#f0b542"><path d="M138 194c14 18 14 34 0 40-14-6-14-22 0-40ZM202 144c14 18 14 34 0 40-14-6-14-22 0-40ZM266 234c14 18 14 34 0 40-14-6-14-22 0-40Z"/></g>`;

export const clock: Motif = (c) => `
<circle cx="200" cy="260" r="130" fill="${c.main}"/><circle cx="200" cy="260" r="106" fill="${PAPER}"/>
<g stroke="${c.dark}" stroke-width="10" stroke-linecap="round"><path d="M200 170v10M290 260h-10M200 350v-10M110 260h10"/></g>
<g stroke="${DARK}" stroke-linecap="round"><path d="M200 260v-66" stroke-width="10"/><path d="M200 260l54 34" stroke-width="8"/></g><circle cx="200" cy="260" r="10" fill="${c.dark}"/>
<path d="M120 400l20-40M280 400l-20-40" stroke="${c.dark}" stroke-width="16" stroke-linecap="round"/>`;
