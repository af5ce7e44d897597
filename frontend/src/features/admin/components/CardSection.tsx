import { type ComponentProps, type ReactNode, useId } from "react";
import { EmptyState } from "@/components/EmptyState";
import { PagedList } from "./PagedList";

interface Props {
  /** The service that the cards come from. */
  title: string;
  list: ComponentProps<typeof PagedList>["list"];
  count: number;
  /** What is said if there are no cards. */
  empty: { title: string; text: string };
  children: ReactNode;
}

/** A service's part of a page, with a card for each item. */
export function CardSection({ title, list, count, empty, children }: Props) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <div className="section-head">
        <h2 id={id}>{title}</h2>
      </div>
      <PagedList
        list={list}
        count={count}
        empty={
          <EmptyState icon="check" title={empty.title}>
            <p className="muted">{empty.text}</p>
          </EmptyState>
        }
      >
        <ul className="row-list plain-list">{children}</ul>
      </PagedList>
    </section>
  );
}
