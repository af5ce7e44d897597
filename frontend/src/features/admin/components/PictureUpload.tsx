import { type DragEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import Button from "react-bootstrap/Button";
import { Icon } from "@/components/Icon";
import { type Pictured, ProductPicture } from "@/features/products/components/ProductPicture";
import { asProblem } from "@/lib/problem";
import { prepared } from "../pictureFile";

interface Props {
  product: Pictured;
  chosen: Blob | null;
  onChoose: (picture: Blob | null) => void;
  isSending: boolean;
}

/** A place to drop a picture or to choose one, which shows it before it is sent. */
export function PictureDrop({ product, chosen, onChoose, isSending }: Props) {
  const id = useId();
  const [isOver, setOver] = useState(false);
  const [wrong, setWrong] = useState("");
  const preview = useObjectUrl(chosen);
  const input = useRef<HTMLInputElement>(null);

  async function take(file: File | undefined) {
    if (!file) return;
    setWrong("");
    await prepared(file).then(onChoose, (error) => setWrong(asProblem(error).message));
  }
  function takeAway() {
    onChoose(null);
    // The button goes with the picture.
    input.current?.focus();
  }
  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files[0]);
  }
  return (
    <div className="picture-drop">
      {preview ? (
        <span className="well">
          <img src={preview} alt="Preview of the chosen file" />
        </span>
      ) : (
        <ProductPicture product={product} sizes="120px" />
      )}
      <div>
        <input
          id={id}
          ref={input}
          type="file"
          className="visually-hidden"
          accept="image/png,image/jpeg,image/webp"
          aria-describedby={wrong ? `${id}-error` : undefined}
          onChange={(event) => {
            take(event.target.files?.[0]);
            // The same file may be chosen again.
            event.target.value = "";
          }}
        />
        <label
          htmlFor={id}
          className={`drop-zone${isOver ? " is-over" : ""}`}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <Icon name="upload" />
          Drop a picture here, or choose one
          <span className="small-text muted">PNG, JPEG or WebP; shown 4 : 5</span>
        </label>
        {preview && !isSending && (
          <Button variant="quiet" size="sm" onClick={takeAway}>
            Take it away again
          </Button>
        )}
        {isSending && <progress aria-label="Sending the picture" />}
        {wrong && (
          <p id={`${id}-error`} className="field-error" role="alert">
            <Icon name="warn" />
            {wrong}
          </p>
        )}
      </div>
    </div>
  );
}

function useObjectUrl(blob: Blob | null): string | null {
  const url = useMemo(() => blob && URL.createObjectURL(blob), [blob]);
  useEffect(
    () => () => {
      if (url) URL.revokeObjectURL(url);
    },
    [url],
  );
  return url;
}
