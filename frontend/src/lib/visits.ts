/**
 * The pages that the user visits, as entries of the browser's history. The router shows the current
 * visit, and navigates through `shopNavigator`.
 */
import {
  createPath,
  type Location,
  type NavigateOptions,
  NavigationType,
  type Navigator,
  type To,
} from "react-router";
import { randomKey } from "./randomKey";
import { createStore } from "./store";

// Repeated steps back arrive within this time. One step forward then answers all of them.
const RETURN_MILLISECONDS = 50;

export interface Visit {
  location: Location;
  type: NavigationType;
  keepsScrollPosition: boolean;
}

/** What the browser stores with an entry of its history. */
interface Entry {
  key: string;
  idx: number;
}

/** Returns whether the user has to be asked before leaving. If so, `leave` leaves. */
type Guard = (leave: () => void) => boolean;

let shown: Entry = { key: "", idx: -1 };
let guard: Guard | null = null;
let allowedKey = "";
let returnTimer: ReturnType<typeof setTimeout> | undefined;

export const visitStore = createStore(visit(NavigationType.Pop));

export const shopNavigator: Navigator = {
  createHref: (to) => (typeof to === "string" ? to : createPath(to)),
  go: (delta) => history.go(delta),
  push: (to, _, options) => leave(() => push(to, options)),
  replace: (to, _, options) => leave(() => replace(to, options)),
};

addEventListener("popstate", pop);

/** Ask `guard` before the page is left. Return a function that stops asking. */
export function guardPage(newGuard: Guard): () => void {
  guard = newGuard;
  return () => {
    if (guard === newGuard) guard = null;
  };
}

function leave(action: () => void): void {
  if (!guard?.(action)) action();
}

function push(to: To, options?: NavigateOptions): void {
  const url = shopNavigator.createHref(to);
  // The second of two clicks on a link does not add a second entry.
  if (url === createPath(window.location)) replace(to, options);
  else {
    const entry: Entry = { key: randomKey(), idx: currentEntry().idx + 1 };
    history.pushState(entry, "", url);
    visitStore.set(visit(NavigationType.Push, options));
  }
}

function replace(to: To, options?: NavigateOptions): void {
  const entry: Entry = { key: randomKey(), idx: currentEntry().idx };
  history.replaceState(entry, "", shopNavigator.createHref(to));
  visitStore.set(visit(NavigationType.Replace, options));
}

/** The user went back or forward, or followed a link within the page. */
function pop(): void {
  const entry = currentEntry();
  if (entry.key === shown.key) return;
  const isLeaving = entry.key !== allowedKey && pagePath(window.location) !== shownPath();
  if (isLeaving && guard?.(() => popTo(entry))) {
    clearTimeout(returnTimer);
    returnTimer = setTimeout(() => moveTo(shown), RETURN_MILLISECONDS);
    return;
  }
  visitStore.set(visit(NavigationType.Pop));
}

/** Go to an entry without asking. */
function popTo(entry: Entry): void {
  clearTimeout(returnTimer);
  allowedKey = entry.key;
  moveTo(entry);
}

function moveTo({ idx }: Entry): void {
  const delta = idx - currentEntry().idx;
  // Zero would load the page again.
  if (delta !== 0) history.go(delta);
}

function visit(type: NavigationType, { preventScrollReset = false }: NavigateOptions = {}): Visit {
  const { pathname, search, hash } = window.location;
  shown = currentEntry();
  allowedKey = "";
  return {
    location: { pathname, search, hash, state: null, key: shown.key, mask: undefined },
    type,
    keepsScrollPosition: preventScrollReset,
  };
}

/** Return the current entry. Those that the browser has added follow the one that is shown. */
function currentEntry(): Entry {
  const entry: Entry = { key: randomKey(), idx: shown.idx + 1, ...history.state };
  if (history.state?.key !== entry.key) history.replaceState(entry, "");
  return entry;
}

function pagePath({ pathname, search }: Pick<Location, "pathname" | "search">): string {
  return pathname + search;
}

function shownPath(): string {
  return pagePath(visitStore.get().location);
}
