import { type ComponentType, createElement, lazy } from "react";

interface ChunkComponent {
  Component: ComponentType;
  /** Start to load the chunk. A chunk that failed before is requested again. */
  load: () => void;
}

/** Return a component whose chunk is loaded when it is first needed. React's `lazy` never retries. */
export function chunkComponent(request: () => Promise<ComponentType>): ChunkComponent {
  let Chunk: ComponentType | null = null;
  let hasFailed = false;

  function load(): ComponentType {
    if (Chunk && !hasFailed) return Chunk;
    hasFailed = false;
    const loading = request().then((Component) => ({ default: Component }));
    loading.catch(() => {
      hasFailed = true;
    });
    Chunk = lazy(() => loading);
    return Chunk;
  }
  return { Component: () => createElement(Chunk ?? load()), load };
}
