import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import { useForm } from "react-hook-form";
import { Link } from "react-router";
import { requestPasswordReset } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { useFormSubmit } from "@/lib/useFormSubmit";
import { AccountPanel } from "../components/LinkPage";
import { emailSchema } from "../schemas";

/** Asks for a link to reset a password. The answer does not tell whether there is an account. */
export function ForgotPasswordPage() {
  const [sentTo, setSentTo] = useState("");
  const form = useForm({ resolver: zodResolver(emailSchema), defaultValues: { email: "" } });
  const sending = useFormSubmit({
    form,
    send: async (body) => {
      await requestPasswordReset({ body });
      return body.email;
    },
    onSuccess: setSentTo,
  });
  if (sentTo) {
    return (
      <AccountPanel title="Check your mail">
        <p role="status">
          If <strong className="breakable">{sentTo}</strong> belongs to an account, we have sent a
          link to it. The link is valid for one hour.
        </p>
        <p className="muted">
          If nothing arrives within a few minutes, look into the folder for spam, and check the
          address.
        </p>
        <div className="row-actions">
          <Button variant="outline-secondary" onClick={() => setSentTo("")}>
            Try another address
          </Button>
          <Link to="/sign-in">Sign in</Link>
        </div>
      </AccountPanel>
    );
  }
  return (
    <AccountPanel title="Reset your password">
      <p>Enter the email address of your account. We send you a link to choose a new password.</p>
      <form className="form-stack" onSubmit={sending.submit} noValidate>
        {sending.error && <ErrorNotice error={sending.error} />}
        <Field label="Email" error={form.formState.errors.email?.message}>
          {(control) => (
            <input {...control} {...form.register("email")} type="email" autoComplete="username" />
          )}
        </Field>
        <Button type="submit" aria-disabled={sending.isPending}>
          Send the link
        </Button>
      </form>
      <p className="muted">
        You remember it? <Link to="/sign-in">Sign in</Link>
      </p>
    </AccountPanel>
  );
}
