import { type DragEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import Button from "react-bootstrap/Button";
import { Icon } from "@/components/Icon";
import { type PicturedProduct, ProductPicture } from "@/components/ProductPicture";
import type { useChosenPicture } from "../useChosenPicture";

interface Props {
  product: PicturedProduct;
  chosen: ReturnType<typeof useChosenPicture>;
  isSending: boolean;
}

/** Lets the user drop or choose a picture, and previews it. */
export function PictureUpload({ product, chosen, isSending }: Props) {
  const { picture, isPreparing, error } = chosen;
  const id = useId();
  const [isDragging, setDragging] = useState(false);
  const preview = useObjectUrl(picture);
  const input = useRef<HTMLInputElement>(null);

  function choose(file: File | undefined) {
    if (file) chosen.choose(file);
  }
  function remove() {
    chosen.remove();
    // The button disappears together with the picture.
    input.current?.focus();
  }
  function drop(event: DragEvent) {
    event.preventDefault();
    setDragging(false);
    choose(event.dataTransfer.files[0]);
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
          aria-describedby={error ? `${id}-error` : undefined}
          onChange={(event) => {
            choose(event.target.files?.[0]);
            // Without this, choosing the same file again would not trigger a change event.
            event.target.value = "";
          }}
        />
        <label
          htmlFor={id}
          className={`drop-zone${isDragging ? " is-over" : ""}`}
          onDragOver={(event) => {
            event.preventDefault();
            setDragging(true);
          }}
          onDragLeave={() => setDragging(false)}
          onDrop={drop}
        >
          <Icon name="upload" />
          Drop a picture here or choose a file
          <span className="small-text muted">PNG, JPEG or WebP, shown at 4:5</span>
        </label>
        {preview && !isSending && (
          <Button variant="quiet" size="sm" onClick={remove}>
            Remove picture
          </Button>
        )}
        {isPreparing && <progress aria-label="Preparing picture" />}
        {isSending && !isPreparing && <progress aria-label="Uploading picture" />}
        {error && (
          <p id={`${id}-error`} className="field-error" role="alert">
            <Icon name="warn" />
            {error}
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
