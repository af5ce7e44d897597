import { type FormEvent, type KeyboardEvent, useId, useRef, useState } from "react";
import Button from "react-bootstrap/Button";
import { Icon } from "@/components/Icon";
import { asProblem } from "@/lib/problem";

interface Props {
  /** What is edited, such as "price of mug". */
  label: string;
  /** The value as it is shown. */
  shown: string;
  /** The text to begin with. */
  initial: string;
  inputMode: "decimal" | "numeric";
  /** Save the text. Return what is wrong with it, or null if it was saved. */
  onSave: (text: string) => Promise<string | null>;
}

/** A value that becomes a field when it is clicked. Enter saves, Escape cancels. */
export function InlineEdit({ label, shown, initial, inputMode, onSave }: Props) {
  const [text, setText] = useState<string | null>(null);
  const [message, setMessage] = useState<string | null>(null);
  const [isSaving, setSaving] = useState(false);
  const wasOpen = useRef(false);
  const errorId = useId();

  function close() {
    setText(null);
    setMessage(null);
  }
  async function save(event: FormEvent) {
    event.preventDefault();
    if (text === null || isSaving) return;
    if (text.trim() === initial) {
      close();
      return;
    }
    setSaving(true);
    const problem = await onSave(text).catch((error: unknown) => asProblem(error).message);
    setSaving(false);
    if (problem === null) close();
    else setMessage(problem);
  }
  function cancelOnEscape(event: KeyboardEvent) {
    if (event.key === "Escape") close();
  }
  if (text === null) {
    return (
      <button
        type="button"
        className="link-button figure"
        aria-label={`Edit the ${label}: ${shown}`}
        ref={(button) => {
          if (!button || !wasOpen.current) return;
          wasOpen.current = false;
          button.focus();
        }}
        onClick={() => {
          wasOpen.current = true;
          setText(initial);
        }}
      >
        {shown}
      </button>
    );
  }
  return (
    <form className="inline-edit" onSubmit={save} noValidate>
      <input
        className={`form-control${message ? " is-wrong" : ""}`}
        aria-label={`New ${label}`}
        aria-invalid={message ? true : undefined}
        aria-describedby={message ? errorId : undefined}
        inputMode={inputMode}
        autoComplete="off"
        value={text}
        ref={selectOnMount}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={cancelOnEscape}
      />
      <Button type="submit" className="btn-icon" aria-label={`Save the ${label}`}>
        <Icon name="check" />
      </Button>
      <Button variant="quiet" className="btn-icon" aria-label="Cancel" onClick={close}>
        <Icon name="close" />
      </Button>
      {message && (
        <p id={errorId} className="field-error" role="alert">
          {message}
        </p>
      )}
    </form>
  );
}

/** A ref: the field takes the focus when it appears, with its text selected. */
function selectOnMount(input: HTMLInputElement | null): void {
  input?.focus();
  input?.select();
}
