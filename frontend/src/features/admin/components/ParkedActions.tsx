import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import Button from "react-bootstrap/Button";
import { useForm } from "react-hook-form";
import * as z from "zod/mini";
import { discardRequestLimits as limits } from "@/api/generated/limits.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { toast } from "@/components/toastStore";
import { focusOnMount } from "@/lib/focusOnMount";
import { useFormSubmit } from "@/lib/useFormSubmit";
import { maxLength, required } from "@/lib/validation";

interface Action<Input extends unknown[]> {
  run: (...input: Input) => Promise<void>;
  /** What is said once it is done. */
  done: string;
}

interface Props {
  /** Which lists to load again. */
  queryKey: readonly string[];
  retry: Action<[]> & { button: string };
  discard: Action<[reason: string]>;
}

/** What an admin can do with something that a service has set aside. */
export function ParkedActions({ queryKey, retry, discard }: Props) {
  const [isDiscarding, setDiscarding] = useState(false);
  const [wasKept, setKept] = useState(false);
  const queries = useQueryClient();
  // Refresh after a failure too: the server records failures, and another admin may have acted.
  const refresh = () => queries.invalidateQueries({ queryKey });
  const retrying = useMutation({
    mutationFn: () => retry.run(),
    onSuccess: () => toast(retry.done),
    onSettled: refresh,
  });
  function keep() {
    setDiscarding(false);
    setKept(true);
  }
  if (isDiscarding) {
    return <DiscardForm discard={discard} onSettled={refresh} onCancel={keep} />;
  }
  return (
    <>
      {retrying.error && <ErrorNotice error={retrying.error} />}
      <div className="row-actions">
        <Button
          variant="outline-secondary"
          disabled={retrying.isPending}
          onClick={() => retrying.mutate()}
        >
          {retry.button}
        </Button>
        <Button
          ref={wasKept ? focusOnMount : undefined}
          variant="outline-danger"
          onClick={() => setDiscarding(true)}
        >
          Discard…
        </Button>
      </div>
    </>
  );
}

interface DiscardProps {
  discard: Props["discard"];
  onSettled: () => unknown;
  onCancel: () => void;
}

const schema = z.object({
  reason: z
    .string()
    .check(z.trim(), required("Enter a reason."), maxLength(limits.reason.maxLength)),
});

function DiscardForm({ discard, onSettled, onCancel }: DiscardProps) {
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { reason: "" } });
  const discarding = useFormSubmit({
    form,
    send: ({ reason }) => discard.run(reason),
    onSuccess: () => {
      toast(discard.done);
      return onSettled();
    },
    onError: onSettled,
  });
  return (
    <>
      {discarding.error && <ErrorNotice error={discarding.error} />}
      <form className="inline-form" onSubmit={discarding.submit} noValidate>
        <Field label="Reason for discarding" error={form.formState.errors.reason?.message}>
          {(control) => (
            <input
              {...control}
              {...form.register("reason")}
              maxLength={limits.reason.maxLength}
              // biome-ignore lint/a11y/noAutofocus: the form replaces the button that was pressed.
              autoFocus
            />
          )}
        </Field>
        <Button type="submit" variant="outline-danger" disabled={discarding.isPending}>
          Discard
        </Button>
        <Button variant="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </form>
    </>
  );
}
