import { useEffect, useState } from "react";
import Button from "react-bootstrap/Button";
import { Icon } from "./Icon";

interface Props {
  /** What the text is, such as "IBAN". */
  label: string;
  text: string;
}

const SHOWN_MILLISECONDS = 3_000;

/** Copies a text. Browsers without TLS cannot copy, so there is no button then. */
export function CopyButton({ label, text }: Props) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  if (!navigator.clipboard) return null;
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true), ignore);
  return (
    <>
      <Button variant="quiet" className="btn-icon" aria-label={`Copy ${label}`} onClick={copy}>
        <Icon name={isCopied ? "check" : "copy"} />
      </Button>
      <span className="visually-hidden" role="status">
        {isCopied && `${label} copied`}
      </span>
    </>
  );
}

/** The user can select the text if the browser refuses to copy it. */
function ignore(): void {}
