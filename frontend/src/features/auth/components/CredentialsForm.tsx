import { zodResolver } from "@hookform/resolvers/zod";
import Button from "react-bootstrap/Button";
import { useForm } from "react-hook-form";
import { loginRequestLimits, registerRequestLimits } from "@/api/generated/limits.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import type { Problem } from "@/lib/problem";
import { useFormSubmit } from "@/lib/useFormSubmit";
import { registerSchema, signInSchema } from "../schemas";
import { PasswordField } from "./PasswordField";

interface Props {
  kind: "sign-in" | "register";
  submit: (email: string, password: string) => Promise<void>;
  onDone: () => void;
}

const KINDS = {
  "sign-in": {
    schema: signInSchema,
    limits: loginRequestLimits.password,
    button: "Sign in",
    pendingButton: "Signing in…",
    autoComplete: "current-password",
    hint: undefined,
  },
  register: {
    schema: registerSchema,
    limits: registerRequestLimits.password,
    button: "Create account",
    pendingButton: "Creating account…",
    autoComplete: "new-password",
    hint: `At least ${registerRequestLimits.password.minLength} characters. A few plain words work well.`,
  },
} as const;

/** The form that signs in or creates an account. */
export function CredentialsForm({ kind, submit, onDone }: Props) {
  const { schema, limits, button, pendingButton, autoComplete, hint } = KINDS[kind];
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { email: "", password: "" },
  });
  const { errors } = form.formState;
  const sending = useFormSubmit({
    form,
    send: ({ email, password }) => submit(email, password),
    onSuccess: onDone,
    fieldMessage,
  });
  return (
    <form className="form-stack" onSubmit={sending.submit} noValidate>
      {sending.error && <ErrorNotice error={sending.error} />}
      <Field label="Email" error={errors.email?.message}>
        {(control) => (
          <input {...control} {...form.register("email")} type="email" autoComplete="username" />
        )}
      </Field>
      <PasswordField
        label="Password"
        register={() => form.register("password")}
        autoComplete={autoComplete}
        maxLength={limits.maxLength}
        error={errors.password?.message}
        hint={hint}
      />
      <Button type="submit" aria-disabled={sending.isPending}>
        {sending.isPending ? pendingButton : button}
      </Button>
    </form>
  );
}

/** The refusal of a taken address names no field, so that it does not confirm the address. */
function fieldMessage(problem: Problem, field: string): string | undefined {
  const isRefused = problem.type.endsWith("/registration-refused");
  return isRefused && field === "email" ? problem.message : problem.field(field);
}
