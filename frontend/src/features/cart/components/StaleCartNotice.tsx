import Button from "react-bootstrap/Button";
import { Notice } from "@/components/Notice";
import { asProblem } from "@/lib/problem";
import type { useFreshLines } from "../useFreshLines";

/** Where prices and stock could not be asked for, that is said: what is shown may be old. */
export function Freshness({ cart }: { cart: ReturnType<typeof useFreshLines> }) {
  if (!cart.error) return null;
  const retry = (
    <Button variant="outline-secondary" onClick={() => cart.refetch()}>
      Try again
    </Button>
  );
  return (
    <Notice tone="warn" title="Prices and stock could not be checked" action={retry}>
      {asProblem(cart.error).message}
    </Notice>
  );
}
