import { useRef, useState } from "react";
import { asProblem } from "@/lib/problem";
import { preparePicture } from "./preparePicture";

/** Return the picture that the user has chosen. Preparing a large one takes a moment. */
export function useChosenPicture() {
  const [picture, setPicture] = useState<Blob | null>(null);
  const [isPreparing, setPreparing] = useState(false);
  const [error, setError] = useState("");
  // A later choice replaces one that is still being prepared.
  const latest = useRef<Promise<Blob | null>>(Promise.resolve(null));

  function choose(file: File) {
    const prepared = preparePicture(file);
    latest.current = prepared;
    setError("");
    setPreparing(true);
    prepared.then(
      (blob) => finish(prepared, blob, ""),
      (failure) => finish(prepared, picture, asProblem(failure).message),
    );
  }
  function finish(prepared: Promise<Blob>, blob: Blob | null, message: string) {
    if (latest.current !== prepared) return;
    latest.current = Promise.resolve(blob);
    setPicture(blob);
    setError(message);
    setPreparing(false);
  }
  function remove() {
    latest.current = Promise.resolve(null);
    setPicture(null);
    setError("");
    setPreparing(false);
  }
  return {
    picture,
    isPreparing,
    error,
    choose,
    remove,
    /** Return the picture as soon as it is prepared, or throw if it can't be used. */
    prepared: () => latest.current,
  };
}
