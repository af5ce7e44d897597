import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import Button from "react-bootstrap/Button";
import { useForm } from "react-hook-form";
import { emailChangeRequestLimits as limits } from "@/api/generated/limits.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { Notice } from "@/components/Notice";
import { exactTime } from "@/lib/time";
import { useFormSubmit } from "@/lib/useFormSubmit";
import { changeEmail } from "../api/changeEmail";
import { profileQuery } from "../api/getProfile";
import { emailChangeSchema } from "../schemas";
import { PasswordField } from "./PasswordField";

/** Requests a change of the email address, which takes effect once the new one is confirmed. */
export function EmailForm() {
  const queries = useQueryClient();
  const form = useForm({
    resolver: zodResolver(emailChangeSchema),
    defaultValues: { email: "", password: "" },
  });
  const { errors } = form.formState;
  const sending = useFormSubmit({
    form,
    send: changeEmail,
    onSuccess: () => {
      form.reset();
      return queries.invalidateQueries({ queryKey: profileQuery.queryKey, exact: true });
    },
  });
  return (
    <form className="form-stack" onSubmit={sending.submit} noValidate>
      <PendingEmail />
      {sending.error && <ErrorNotice error={sending.error} />}
      <Field
        label="New email"
        hint="We send a link to it. The old address can undo the change for seven days."
        error={errors.email?.message}
      >
        {(control) => (
          <input {...control} {...form.register("email")} type="email" autoComplete="email" />
        )}
      </Field>
      <PasswordField
        label="Your password"
        register={() => form.register("password")}
        autoComplete="current-password"
        maxLength={limits.password.maxLength}
        error={errors.password?.message}
      />
      <Button type="submit" variant="outline-secondary" aria-disabled={sending.isPending}>
        {sending.isPending ? "Sending…" : "Send the link"}
      </Button>
    </form>
  );
}

/** Says that a new address waits to be confirmed. */
function PendingEmail() {
  const { data: profile } = useQuery(profileQuery);
  const pending = profile?.pending_email;
  return (
    <div role="status">
      {pending && (
        <Notice tone="info" title="Confirm your new email address">
          We sent a link to <span className="breakable">{pending.email}</span>. Use it until{" "}
          {exactTime(pending.expires_at)}.
        </Notice>
      )}
    </div>
  );
}
