import { createStore } from "@/lib/store";

export interface Toast {
  id: number;
  text: string;
  undo?: () => void;
}

const SECONDS = 8;

export const toastStore = createStore<Toast[]>([]);
/** The element that shows the toasts: an open dialog, which traps the focus, or null (the page). */
export const toastHostStore = createStore<HTMLElement | null>(null);
let lastId = 0;

/** Show a message for a few seconds, with an Undo button if `undo` is given. */
export function toast(text: string, undo?: () => void): void {
  lastId += 1;
  const id = lastId;
  toastStore.set([...toastStore.get().slice(-1), { id, text, ...(undo ? { undo } : {}) }]);
  setTimeout(() => dismiss(id), SECONDS * 1000);
}

export function dismiss(id: number): void {
  toastStore.set(toastStore.get().filter((toast) => toast.id !== id));
}
