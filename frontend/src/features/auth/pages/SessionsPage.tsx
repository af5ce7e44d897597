import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { ErrorNotice } from "@/components/ErrorNotice";
import { SkeletonRows } from "@/components/Skeleton";
import { toast } from "@/components/toastStore";
import { useTitle } from "@/lib/useTitle";
import { endAllSessions } from "../api/endAllSessions";
import { sessionsQuery } from "../api/listSessions";
import { SessionRow } from "../components/SessionRow";

/** The devices that are signed in to the account. */
export function SessionsPage() {
  useTitle("Sessions");
  const [isAsking, setAsking] = useState(false);
  const { data: sessions, error, isPending, refetch } = useQuery(sessionsQuery);
  return (
    <div className="account-page">
      <div className="page-head">
        <h1 tabIndex={-1}>Sessions</h1>
        <Button variant="outline-danger" onClick={() => setAsking(true)}>
          Sign out everywhere…
        </Button>
      </div>
      <p className="muted spaced">
        Your account is signed in on these devices. If you don't know one of them, sign it out and
        change your password.
      </p>
      {isPending && <SkeletonRows count={3} height="5rem" />}
      {error && <ErrorNotice error={error} onRetry={() => refetch()} />}
      <ul className="row-list plain-list">
        {sessions?.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </ul>
      {isAsking && <ConfirmSignOut onClose={() => setAsking(false)} />}
    </div>
  );
}

function ConfirmSignOut({ onClose }: { onClose: () => void }) {
  const ending = useMutation({
    mutationFn: endAllSessions,
    onSuccess: () => toast("You are signed out everywhere."),
  });
  return (
    <ConfirmDialog
      title="Sign out everywhere?"
      button="Sign out everywhere"
      isDangerous
      action={ending}
      onClose={onClose}
    >
      This ends all sessions of your account, also the one on this device. You can sign in again
      afterwards.
    </ConfirmDialog>
  );
}
