import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import type { DeadLetterStatus } from "@/api";
import { readChoice } from "@/lib/searchParams";
import { type DeadLetterOwner, deadLettersQuery } from "../api/listDeadLetters";
import { CardSection } from "../components/CardSection";
import { DeadLetterCard } from "../components/DeadLetterCard";
import { StatusFilter } from "../components/StatusFilter";
import { useAdminTitle } from "../useAdminTitle";

const STATUSES: Record<DeadLetterStatus, string> = {
  parked: "To review",
  replayed: "Replayed",
  discarded: "Discarded",
};
const EMPTY = { title: "No dead letters", text: "Events that can't be applied will appear here." };

export function DeadLettersPage() {
  useAdminTitle("Dead letters");
  const [search] = useSearchParams();
  const status = readChoice(search, "status", STATUSES) ?? "parked";
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Dead letters</h1>
      </div>
      <p className="muted">
        Events that a service couldn't apply. The service set them aside and continued with the next
        events. Replay an event after you have fixed the cause, or discard it.
      </p>
      <StatusFilter statuses={STATUSES} value={status} />
      <DeadLetterList owner="products" title="Products" status={status} />
      <DeadLetterList owner="orders" title="Orders" status={status} />
    </>
  );
}

interface Props {
  owner: DeadLetterOwner;
  title: string;
  status: DeadLetterStatus;
}

function DeadLetterList({ owner, title, status }: Props) {
  const list = useInfiniteQuery(deadLettersQuery(owner, status));
  const letters = list.data?.pages.flatMap((page) => page.dead_letters) ?? [];
  return (
    <CardSection title={title} list={list} count={letters.length} empty={EMPTY}>
      {letters.map((letter) => (
        <DeadLetterCard key={letter.id} owner={owner} letter={letter} />
      ))}
    </CardSection>
  );
}
