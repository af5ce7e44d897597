import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import type { DeadLetterStatus } from "@/api";
import { EmptyState } from "@/components/EmptyState";
import { Field } from "@/components/Field";
import { readChoice } from "@/lib/searchParams";
import { type DeadLetterOwner, deadLettersQuery } from "../api/listDeadLetters";
import { DeadLetterCard } from "../components/DeadLetterCard";
import { PagedList } from "../components/PagedList";
import { useAdminTitle } from "../useAdminTitle";

const STATUSES: Record<DeadLetterStatus, string> = {
  parked: "To review",
  replayed: "Replayed",
  discarded: "Discarded",
};

export function DeadLettersPage() {
  useAdminTitle("Dead letters");
  const [search, setSearch] = useSearchParams();
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
      <div className="filter-row">
        <Field label="Show" kind="form-select">
          {(control) => (
            <select
              {...control}
              value={status}
              onChange={(event) => setSearch({ status: event.target.value }, { replace: true })}
            >
              {Object.entries(STATUSES).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
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
    <section aria-labelledby={`dead-letters-${owner}`}>
      <div className="section-head">
        <h2 id={`dead-letters-${owner}`}>{title}</h2>
      </div>
      <PagedList
        list={list}
        count={letters.length}
        empty={
          <EmptyState icon="check" title="No dead letters">
            <p className="muted">Events that can't be applied will appear here.</p>
          </EmptyState>
        }
      >
        <ul className="row-list plain-list">
          {letters.map((letter) => (
            <DeadLetterCard key={letter.id} owner={owner} letter={letter} />
          ))}
        </ul>
      </PagedList>
    </section>
  );
}
