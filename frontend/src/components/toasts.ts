import { createStore } from "@/lib/store";

export interface Toast {
  id: number;
  text: string;
  undo?: () => void;
}

const SECONDS = 8;

export const toastStore = createStore<Toast[]>([]);
/** Where toasts are shown: an open dialog, out of which no Tab leads, or null for the page. */
export const toastHostStore = createStore<HTMLElement | null>(null);
let lastId = 0;

/** Say something for a while, with a way back where there is one. */
export function toast(text: string, undo?: () => void): void {
  lastId += 1;
  const id = lastId;
  toastStore.set([...toastStore.get().slice(-1), { id, text, ...(undo ? { undo } : {}) }]);
  setTimeout(() => dismiss(id), SECONDS * 1000);
}

export function dismiss(id: number): void {
  toastStore.set(toastStore.get().filter((each) => each.id !== id));
}
