import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { AuditEntryBody } from "@/api";
import { auditTrailProductsQueryLimits as limits } from "@/api/generated/limits.gen";
import { EmptyState } from "@/components/EmptyState";
import { Field } from "@/components/Field";
import { TimeAgo } from "@/components/TimeAgo";
import { readAuditParams, toAuditQuery } from "../adminParams";
import { type AuditOwner, auditQuery } from "../api/listAuditEntries";
import { AUDIT_ACTIONS, AUDIT_OWNERS, changesOf, subjectName, subjectUrl } from "../audit";
import { type Column, DataTable } from "../components/DataTable";
import { DebouncedInput } from "../components/DebouncedInput";
import { PagedList } from "../components/PagedList";
import { PeriodFields } from "../components/PeriodFields";
import { useAdminTitle } from "../useAdminTitle";
import { useUrlFilters } from "../useUrlFilters";

/** Who changed what and when. */
export function AuditPage() {
  useAdminTitle("Audit");
  const [search, change] = useUrlFilters();
  const params = readAuditParams(search);
  const list = useInfiniteQuery({
    ...auditQuery(params.owner, toAuditQuery(params)),
    placeholderData: keepPreviousData,
  });
  const entries = list.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Audit</h1>
      </div>
      <p className="muted">What was changed, by whom and when. Entries are never deleted.</p>
      <div className="filter-row">
        <Field label="Changes of" kind="form-select">
          {(control) => (
            <select
              {...control}
              value={params.owner}
              onChange={(event) => change({ of: event.target.value, action: "", subject: "" })}
            >
              {Object.entries(AUDIT_OWNERS).map(([owner, label]) => (
                <option key={owner} value={owner}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Action" kind="form-select">
          {(control) => (
            <select
              {...control}
              value={params.action}
              onChange={(event) => change({ action: event.target.value })}
            >
              <option value="">All</option>
              {Object.entries(AUDIT_ACTIONS[params.owner]).map(([action, label]) => (
                <option key={action} value={action}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="By" hint="The beginning of the address or of its domain.">
          {(control) => (
            <DebouncedInput
              {...control}
              type="search"
              inputMode="email"
              maxLength={limits.actor.maxLength}
              value={params.actor}
              onTextChange={(text) => change({ actor: text })}
            />
          )}
        </Field>
        <Field
          label="Changed"
          hint={params.owner === "accounts" ? "The complete email address." : "The complete id."}
        >
          {(control) => (
            <DebouncedInput
              {...control}
              type="search"
              maxLength={limits.subject.maxLength}
              value={params.subject}
              onTextChange={(text) => change({ subject: text })}
            />
          )}
        </Field>
        <PeriodFields period={params} onChange={change} />
      </div>
      <PagedList
        list={list}
        count={entries.length}
        empty={
          <EmptyState icon="clock" title="No changes found">
            <p className="muted">Remove a filter to see more changes.</p>
          </EmptyState>
        }
      >
        <DataTable
          caption="Changes, newest first"
          rows={entries}
          rowKey={(entry) => entry.id}
          columns={columns(params.owner)}
        />
      </PagedList>
    </>
  );
}

function columns(owner: AuditOwner): Column<AuditEntryBody>[] {
  return [
    { label: "When", isHead: true, cell: (entry) => <TimeAgo time={entry.at} /> },
    { label: "By", cell: (entry) => <span className="breakable">{entry.actor}</span> },
    { label: "Action", cell: ({ action }) => AUDIT_ACTIONS[owner][action] ?? action },
    { label: "Changed", cell: (entry) => <Subject owner={owner} entry={entry} /> },
    { label: "Values", cell: (entry) => <Values entry={entry} /> },
  ];
}

function Subject({ owner, entry }: { owner: AuditOwner; entry: AuditEntryBody }) {
  const url = subjectUrl(owner, entry);
  return (
    <Link className="breakable" to={url}>
      {subjectName(entry)}
    </Link>
  );
}

function Values({ entry }: { entry: AuditEntryBody }) {
  const changes = changesOf(entry);
  if (changes.length === 0) return <span className="muted">None</span>;
  return (
    <ul className="plain-list audit-values">
      {changes.map(({ field, before, after }) => (
        <li key={field} className="breakable">
          {field}: {before && <del>{before}</del>} {after && <ins>{after}</ins>}
        </li>
      ))}
    </ul>
  );
}
