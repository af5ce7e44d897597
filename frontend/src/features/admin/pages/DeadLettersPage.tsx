import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import type { LetterStatus } from "@/api";
import { Empty } from "@/components/Empty";
import { Field } from "@/components/Field";
import { useTitle } from "@/lib/useTitle";
import { type LetterOwner, lettersQuery } from "../api/listLetters";
import { LetterCard } from "../components/LetterCard";
import { PagedList } from "../components/PagedList";

const STATUSES: Record<LetterStatus, string> = {
  parked: "Waiting for a decision",
  replayed: "Replayed",
  discarded: "Discarded",
};

export function ParkedPage() {
  useTitle("Parked events");
  const [search, setSearch] = useSearchParams();
  const given = search.get("status") ?? "";
  const status = given in STATUSES ? (given as LetterStatus) : "parked";
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Parked events</h1>
      </div>
      <p className="muted">
        What a service was told and could not apply. The others behind it went on; these wait here
        until someone decides.
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
      <Letters owner="products" title="In products" status={status} />
      <Letters owner="orders" title="In orders" status={status} />
    </>
  );
}

interface Props {
  owner: LetterOwner;
  title: string;
  status: LetterStatus;
}

function Letters({ owner, title, status }: Props) {
  const list = useInfiniteQuery(lettersQuery(owner, status));
  const letters = list.data?.pages.flatMap((page) => page.dead_letters) ?? [];
  return (
    <section aria-labelledby={`parked-${owner}`}>
      <div className="section-head">
        <h2 id={`parked-${owner}`}>{title}</h2>
      </div>
      <PagedList
        list={list}
        isEmpty={letters.length === 0}
        empty={<Empty icon="check" title={status === "parked" ? "Nothing is parked" : "None"} />}
      >
        <ul className="row-list plain-list">
          {letters.map((letter) => (
            <LetterCard key={letter.id} owner={owner} letter={letter} />
          ))}
        </ul>
      </PagedList>
    </section>
  );
}
