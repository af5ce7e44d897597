import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import Button from "react-bootstrap/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { asProblem, type Problem } from "@/lib/problem";
import { useFocusOnWrong } from "@/lib/useFocusOnWrong";
import { PasswordField } from "./PasswordField";

interface Props {
  kind: "sign-in" | "register";
  submit: (email: string, password: string) => Promise<void>;
  onDone: () => void;
}

const SHORTEST = 8;

interface Wrong {
  email?: string | undefined;
  password?: string | undefined;
}

export function CredentialsForm({ kind, submit, onDone }: Props) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState<Wrong>({});
  const form = useFocusOnWrong(wrong);
  const sending = useMutation({
    mutationFn: () => submit(email.trim(), password),
    onSuccess: onDone,
    onError: (error) => {
      const problem = asProblem(error);
      setWrong({ email: whatIsWrongWithEmail(problem), password: problem.field("password") });
    },
  });
  const isByField = Boolean(wrong.email || wrong.password);

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    const found = whatIsWrong(kind, email.trim(), password);
    setWrong(found);
    if (!found.email && !found.password && !sending.isPending) sending.mutate();
  }
  return (
    <form ref={form} className="form-stack" onSubmit={onSubmit} noValidate>
      {sending.isError && !isByField && <ErrorNotice error={sending.error} />}
      <Field label="E-mail" error={wrong.email}>
        {(control) => (
          <input
            {...control}
            type="email"
            name="email"
            autoComplete="username"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Field>
      <PasswordField
        label="Password"
        value={password}
        onChange={setPassword}
        error={wrong.password}
        autoComplete={kind === "sign-in" ? "current-password" : "new-password"}
        {...(kind === "register"
          ? { hint: "At least 8 characters; a few plain words are best." }
          : {})}
      />
      <Button type="submit" aria-disabled={sending.isPending}>
        {buttonText(kind, sending.isPending)}
      </Button>
    </form>
  );
}

function buttonText(kind: Props["kind"], isSending: boolean): string {
  if (isSending) return "One moment…";
  return kind === "sign-in" ? "Sign in" : "Create account";
}

/** An address that is taken is refused as a whole, in words that don't confirm it. */
function whatIsWrongWithEmail(problem: Problem): string | undefined {
  if (problem.type.endsWith("/registration-refused")) return problem.message;
  return problem.field("email");
}

function whatIsWrong(kind: Props["kind"], email: string, password: string): Wrong {
  return {
    email: /^\S+@\S+$/.test(email)
      ? undefined
      : "Write your e-mail address, such as ada@example.com.",
    password: whatIsWrongWithPassword(kind, password),
  };
}

function whatIsWrongWithPassword(kind: Props["kind"], password: string): string | undefined {
  if (!password) return "Write your password.";
  if (kind === "register" && password.length < SHORTEST) return "It needs at least 8 characters.";
  return undefined;
}
