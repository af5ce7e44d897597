import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import { useForm } from "react-hook-form";
import { Link } from "react-router";
import { resetPassword } from "@/api";
import { newPasswordRequestLimits as limits } from "@/api/generated/limits.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { endSession } from "@/lib/session";
import { useFormSubmit } from "@/lib/useFormSubmit";
import { AccountPanel, IncompleteLink, isDeadLink } from "../components/LinkPage";
import { PasswordField } from "../components/PasswordField";
import { newPasswordSchema } from "../schemas";
import { useLinkToken } from "../useLinkToken";

const TITLE = "Choose a new password";

/** Replaces a forgotten password, from the link in a mail. */
export function ResetPasswordPage() {
  const { token, forget } = useLinkToken();
  const [isDone, setDone] = useState(false);
  const form = useForm({
    resolver: zodResolver(newPasswordSchema),
    defaultValues: { password: "" },
  });
  const sending = useFormSubmit({
    form,
    send: ({ password }) => resetPassword({ body: { token, password } }),
    onSuccess: () => {
      // The server has ended the sessions of the account, in this browser too.
      endSession();
      forget();
      setDone(true);
    },
    onError: (problem) => isDeadLink(problem) && forget(),
  });
  if (isDone) {
    return (
      <AccountPanel title={TITLE}>
        <p role="status">Your password is changed. Your account is signed out everywhere.</p>
        <Link className="btn btn-primary" to="/sign-in">
          Sign in
        </Link>
      </AccountPanel>
    );
  }
  const isDead = sending.error !== null && isDeadLink(sending.error);
  if (isDead || !token) {
    return (
      <AccountPanel title={TITLE}>
        {isDead ? <ErrorNotice error={sending.error} /> : <IncompleteLink />}
        <p>
          <Link to="/forgot-password">Send a new link</Link>
        </p>
      </AccountPanel>
    );
  }
  return (
    <AccountPanel title={TITLE}>
      <form className="form-stack" onSubmit={sending.submit} noValidate>
        {sending.error && <ErrorNotice error={sending.error} />}
        <PasswordField
          label="New password"
          register={() => form.register("password")}
          autoComplete="new-password"
          maxLength={limits.password.maxLength}
          error={form.formState.errors.password?.message}
          hint={`At least ${limits.password.minLength} characters. A few plain words work well.`}
        />
        <Button type="submit" aria-disabled={sending.isPending}>
          Change password
        </Button>
      </form>
    </AccountPanel>
  );
}
