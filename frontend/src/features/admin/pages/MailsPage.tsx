import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import type { MailStatus } from "@/api";
import { readChoice } from "@/lib/searchParams";
import { type MailOwner, mailsQuery } from "../api/listMails";
import { CardSection } from "../components/CardSection";
import { MailCard } from "../components/MailCard";
import { StatusFilter } from "../components/StatusFilter";
import { useAdminTitle } from "../useAdminTitle";

const STATUSES: Record<MailStatus, string> = {
  parked: "To review",
  waiting: "Waiting",
  sent: "Sent",
  expired: "Expired",
  discarded: "Discarded",
};
const NONE_PARKED = { title: "No mails", text: "Mails that can't be sent will appear here." };
const NONE = { title: "No mails", text: "No mail has this status." };

export function MailsPage() {
  useAdminTitle("Mails");
  const [search] = useSearchParams();
  const status = readChoice(search, "status", STATUSES) ?? "parked";
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Mails</h1>
      </div>
      <p className="muted">
        A mail is set aside if the mail server refuses it, or if it can't be sent for two days. Send
        it again after you have fixed the cause, or discard it.
      </p>
      <StatusFilter statuses={STATUSES} value={status} />
      <MailList owner="authentication" title="Accounts" status={status} />
      <MailList owner="orders" title="Orders" status={status} />
    </>
  );
}

interface Props {
  owner: MailOwner;
  title: string;
  status: MailStatus;
}

function MailList({ owner, title, status }: Props) {
  const list = useInfiniteQuery(mailsQuery(owner, status));
  const mails = list.data?.pages.flatMap((page) => page.mails) ?? [];
  const empty = status === "parked" ? NONE_PARKED : NONE;
  return (
    <CardSection title={title} list={list} count={mails.length} empty={empty}>
      {mails.map((mail) => (
        <MailCard key={mail.id} owner={owner} mail={mail} />
      ))}
    </CardSection>
  );
}
