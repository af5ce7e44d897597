import { useMutation, useQuery } from "@tanstack/react-query";
import Button from "react-bootstrap/Button";
import { sendVerification } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { Notice } from "@/components/Notice";
import { profileQuery } from "../api/getProfile";

/** Whether the email address of the account is confirmed, and a button to send a link. */
export function EmailState() {
  const me = useQuery(profileQuery);
  const sending = useMutation({ mutationFn: () => sendVerification() });
  if (!me.data) return null;
  if (me.data.verified) {
    return (
      <p className="small-text">
        <Icon name="check" /> Email address confirmed
      </p>
    );
  }
  const send = (
    <Button
      variant="outline-secondary"
      aria-disabled={sending.isPending}
      onClick={() => !sending.isPending && sending.mutate()}
    >
      Send a link
    </Button>
  );
  return (
    <>
      <Notice
        tone="info"
        title="Confirm your email address"
        action={sending.isSuccess ? null : send}
      >
        <span role="status">
          {sending.isSuccess
            ? "We have sent you a link. It is valid for three days."
            : "Use the link that we send to it. You can order before you confirm it."}
        </span>
      </Notice>
      {sending.isError && <ErrorNotice error={sending.error} />}
    </>
  );
}
