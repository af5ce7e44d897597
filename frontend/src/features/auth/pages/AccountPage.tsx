import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import { ErrorNotice } from "@/components/ErrorNotice";
import { toast } from "@/components/toasts";
import { asProblem } from "@/lib/problem";
import { useFocusOnWrong } from "@/lib/useFocusOnWrong";
import { useTitle } from "@/lib/useTitle";
import { useAuth } from "../AuthContext";
import { changePassword } from "../api/changePassword";
import { PasswordField } from "../components/PasswordField";

export function AccountPage() {
  useTitle("Account");
  const { session, isAdmin } = useAuth();
  return (
    <div className="shop-width">
      <div className="narrow">
        <div className="page-head">
          <h1 tabIndex={-1}>Account</h1>
        </div>
        <section className="panel form-stack" aria-labelledby="who">
          <h2 id="who">{session?.email}</h2>
          <p className="muted">{isAdmin ? "You look after this shop." : "You shop here."}</p>
          <p>
            <Link to="/orders">Your orders</Link>
          </p>
          {isAdmin && (
            <p>
              <Link to="/admin">Administration</Link>
            </p>
          )}
        </section>
        <section className="panel form-stack account-password" aria-labelledby="password">
          <h2 id="password">Change your password</h2>
          <PasswordForm email={session?.email ?? ""} />
        </section>
      </div>
    </div>
  );
}

interface Wrong {
  current?: string | undefined;
  replacement?: string | undefined;
}

function PasswordForm({ email }: { email: string }) {
  const [current, setCurrent] = useState("");
  const [replacement, setReplacement] = useState("");
  const [wrong, setWrong] = useState<Wrong>({});
  const form = useFocusOnWrong(wrong);
  const changing = useMutation({
    mutationFn: () => changePassword(current, replacement),
    onSuccess: () => {
      setCurrent("");
      setReplacement("");
      toast("Your password is changed; every other session has ended.");
    },
    onError: (error) => {
      const problem = asProblem(error);
      setWrong({ current: problem.field("current"), replacement: problem.field("new") });
    },
  });
  const isByField = Boolean(wrong.current || wrong.replacement);

  function submit(event: FormEvent) {
    event.preventDefault();
    const found = whatIsWrong(current, replacement);
    setWrong(found);
    if (!found.current && !found.replacement && !changing.isPending) changing.mutate();
  }
  return (
    <form ref={form} className="form-stack" onSubmit={submit} noValidate>
      {changing.isError && !isByField && <ErrorNotice error={changing.error} />}
      <input type="hidden" name="username" autoComplete="username" value={email} />
      <PasswordField
        label="Current password"
        autoComplete="current-password"
        value={current}
        onChange={setCurrent}
        error={wrong.current}
      />
      <PasswordField
        label="New password"
        autoComplete="new-password"
        value={replacement}
        onChange={setReplacement}
        error={wrong.replacement}
        hint="At least 8 characters."
      />
      <Button type="submit" variant="outline-secondary" aria-disabled={changing.isPending}>
        Change password
      </Button>
    </form>
  );
}

function whatIsWrong(current: string, replacement: string): Wrong {
  return {
    current: current ? undefined : "Write the password that you have now.",
    replacement: replacement.length < 8 ? "It needs at least 8 characters." : undefined,
  };
}
