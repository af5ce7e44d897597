import type { MailBody } from "@/api";
import { TimeAgo } from "@/components/TimeAgo";
import { capitalize } from "@/lib/text";
import { discardMail } from "../api/discardMail";
import type { MailOwner } from "../api/listMails";
import { sendMail } from "../api/sendMail";
import { ParkedActions } from "./ParkedActions";

interface Props {
  owner: MailOwner;
  mail: MailBody;
}

/** A mail: its kind, its recipient, why it was not sent, and the actions Send again and Discard. */
export function MailCard({ owner, mail }: Props) {
  return (
    <li className="panel letter">
      <div className="summary-head">
        <h3>{capitalize(mail.template.replaceAll("-", " "))}</h3>
        <span className="small-text muted">
          <TimeAgo time={mail.created_at} />
        </span>
      </div>
      <p>To {mail.recipient}</p>
      {mail.reason && <p className="breakable">{mail.reason}</p>}
      {mail.attempts > 0 && (
        <p className="small-text muted">
          {mail.attempts === 1 ? "1 attempt failed" : `${mail.attempts} attempts failed`}
        </p>
      )}
      {mail.changed_at && mail.status !== "parked" && (
        <p className="small-text muted">
          {capitalize(mail.status)} <TimeAgo time={mail.changed_at} />
        </p>
      )}
      {mail.status === "parked" && (
        <ParkedActions
          queryKey={["admin", "mails"]}
          retry={{
            button: "Send again",
            run: () => sendMail(owner, mail.id),
            done: "The mail is being sent again.",
          }}
          discard={{
            run: (reason) => discardMail(owner, mail.id, reason),
            done: "Mail discarded. You can find it under “Discarded”.",
          }}
        />
      )}
    </li>
  );
}
