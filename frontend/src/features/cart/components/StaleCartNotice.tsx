import Button from "react-bootstrap/Button";
import { Notice } from "@/components/Notice";
import { asProblem } from "@/lib/problem";
import type { useFreshLines } from "../useFreshLines";

/** Warns that prices and stock may be out of date because they could not be fetched. */
export function StaleCartNotice({ cart }: { cart: ReturnType<typeof useFreshLines> }) {
  if (!cart.error) return null;
  const retry = (
    <Button variant="outline-secondary" onClick={() => cart.refetch()}>
      Try again
    </Button>
  );
  return (
    <Notice tone="warn" title="We couldn't check prices and stock" action={retry}>
      {asProblem(cart.error).message}
    </Notice>
  );
}
