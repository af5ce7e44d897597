import { useEffect, useLayoutEffect } from "react";
import { NavigationType } from "react-router";
import type { Visit } from "@/lib/visits";

const STORED = "kiosk-scroll-positions";
const MAX_WAIT_MILLISECONDS = 10_000;
const INTERRUPTIONS = ["wheel", "touchstart", "pointerdown", "keydown"];

const positions = new Map<string, number>(read());

/**
 * Start a new page at the top. After a reload and after going back or forward, restore the scroll
 * position, when the page is long enough.
 */
export function useScrollPosition(visit: Visit): void {
  useEffect(() => {
    // The browser would restore the position before the content has loaded.
    history.scrollRestoration = "manual";
  }, []);

  useLayoutEffect(() => {
    const { key } = visit.location;
    const position = moveToStart(visit);
    let isWaiting = position > 0;
    const stop = isWaiting ? whenLongEnough(position, () => scrollTo(0, position), end) : end;
    function end() {
      isWaiting = false;
    }
    // While the page is too short, its position is not the user's.
    function remember() {
      if (!isWaiting) positions.set(key, scrollY);
    }
    addEventListener("scroll", remember, { passive: true });
    function leave() {
      remember();
      write();
    }
    addEventListener("pagehide", leave);
    return () => {
      stop();
      removeEventListener("scroll", remember);
      removeEventListener("pagehide", leave);
    };
  }, [visit]);
}

/** Scroll to where a visit begins. Return the position that the page may still be too short for. */
function moveToStart({ location: { key, hash }, type, keepsScrollPosition }: Visit): number {
  const position = type === NavigationType.Pop ? positions.get(key) : undefined;
  if (keepsScrollPosition) positions.set(key, scrollY);
  else if (position !== undefined) scrollTo(0, position);
  else {
    scrollTo(0, 0);
    document.getElementById(hash.slice(1))?.scrollIntoView();
  }
  return position ?? 0;
}

/** Wait until the page can scroll to a position. The user's first action ends the wait. */
function whenLongEnough(position: number, action: () => void, onEnd: () => void): () => void {
  const observer = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight - innerHeight < position) return;
    action();
    end();
  });
  const timer = setTimeout(end, MAX_WAIT_MILLISECONDS);
  observer.observe(document.body);
  for (const name of INTERRUPTIONS) addEventListener(name, end, { passive: true });
  function end() {
    observer.disconnect();
    clearTimeout(timer);
    for (const name of INTERRUPTIONS) removeEventListener(name, end);
    onEnd();
  }
  return end;
}

function read(): [string, number][] {
  try {
    return Object.entries(JSON.parse(sessionStorage.getItem(STORED) ?? "{}"));
  } catch {
    return [];
  }
}

function write(): void {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(Object.fromEntries(positions)));
  } catch {
    // Without storage, a reload starts at the top.
  }
}
