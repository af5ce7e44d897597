import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import Button from "react-bootstrap/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { asProblem } from "@/lib/problem";
import { useTitle } from "@/lib/useTitle";
import { useLinkToken } from "../useLinkToken";

interface Props {
  title: string;
  /** What the button does. */
  children: ReactNode;
  button: string;
  confirm: (token: string) => Promise<unknown>;
  /** What is shown once it is done. */
  done: ReactNode;
  /** What to do if the link no longer works. */
  help: ReactNode;
}

/**
 * A page that the link in a mail leads to.
 *
 * Nothing happens before the button is pressed, because programs that scan mails open their links.
 */
export function LinkPage({ title, children, button, confirm, done, help }: Props) {
  const { token, forget } = useLinkToken();
  const confirming = useMutation({
    mutationFn: () => confirm(token),
    onSuccess: forget,
    onError: (error) => isDeadLink(error) && forget(),
  });
  const isUseless = confirming.isError && isLinkProblem(confirming.error);
  return (
    <AccountPanel title={title}>
      {confirming.isSuccess ? (
        <div role="status" className="form-stack">
          {done}
        </div>
      ) : (
        <>
          {confirming.isError && <ErrorNotice error={confirming.error} />}
          {(isUseless || !token) && <p>{help}</p>}
          {!token && !isUseless && <IncompleteLink />}
          {token && !isUseless && (
            <>
              <div>{children}</div>
              <Button
                aria-disabled={confirming.isPending}
                onClick={() => !confirming.isPending && confirming.mutate()}
              >
                {button}
              </Button>
            </>
          )}
        </>
      )}
    </AccountPanel>
  );
}

/** Return whether a link is used, expired, unknown, or of another account. */
function isLinkProblem(error: unknown): boolean {
  return asProblem(error).type.includes("/link-");
}

/** Return whether a link works for nobody. That of another account still works for its owner. */
export function isDeadLink(error: unknown): boolean {
  return isLinkProblem(error) && !asProblem(error).type.endsWith("/link-foreign");
}

/** Says that the page was opened without the token of a link. */
export function IncompleteLink() {
  return (
    <Notice tone="warn" title="The link is incomplete">
      Open the link in the mail again, or copy all of it.
    </Notice>
  );
}

/** The frame of a page about an account. */
export function AccountPanel({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title);
  return (
    <div className="shop-width">
      <div className="narrow">
        <div className="page-head">
          <h1 tabIndex={-1}>{title}</h1>
        </div>
        <div className="panel form-stack">{children}</div>
      </div>
    </div>
  );
}
