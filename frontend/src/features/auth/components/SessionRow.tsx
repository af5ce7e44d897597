import { useMutation, useQueryClient } from "@tanstack/react-query";
import Button from "react-bootstrap/Button";
import type { SessionBody } from "@/api";
import { Icon } from "@/components/Icon";
import { TimeAgo } from "@/components/TimeAgo";
import { toast } from "@/components/toastStore";
import { asProblem } from "@/lib/problem";
import { endSession } from "../api/endSession";
import { sessionsQuery } from "../api/listSessions";

/** A session: the device, its last use, and a button that ends it on another device. */
export function SessionRow({ session }: { session: SessionBody }) {
  const queries = useQueryClient();
  const ending = useMutation({
    mutationFn: () => endSession(session.id),
    onSuccess: () => toast(`Signed out: ${session.device}.`),
    // After a failure too, because the session may have ended in the meantime.
    onSettled: () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  return (
    <li className="row-item">
      <div className="session">
        <h2 className="session-device">{session.device}</h2>
        <p className="small-text muted">
          Last used <TimeAgo time={session.last_used_at} />, signed in{" "}
          <TimeAgo time={session.started_at} />
        </p>
      </div>
      {session.current ? (
        <span className="chip">This device</span>
      ) : (
        <Button
          variant="outline-secondary"
          disabled={ending.isPending}
          aria-label={`Sign out: ${session.device}`}
          onClick={() => ending.mutate()}
        >
          Sign out
        </Button>
      )}
      {ending.error && (
        <p className="field-error" role="alert">
          <Icon name="warn" />
          {asProblem(ending.error).message}
        </p>
      )}
    </li>
  );
}
