import Button from "react-bootstrap/Button";
import { asProblem } from "@/lib/problem";
import { Notice } from "./Notice";

interface Props {
  error: unknown;
  onRetry?: () => void;
}

/** A failure in the server's words, with a button to try again. */
export function ErrorNotice({ error, onRetry }: Props) {
  const problem = asProblem(error);
  const retry = onRetry && (
    <Button variant="outline-secondary" onClick={onRetry}>
      Try again
    </Button>
  );
  return (
    <Notice tone="danger" title={problem.title} action={retry}>
      {problem.message}
      {problem.status >= 500 && problem.requestId && (
        <div className="small-text">Reference {problem.requestId}</div>
      )}
    </Notice>
  );
}
