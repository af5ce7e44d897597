import { zodResolver } from "@hookform/resolvers/zod";
import Button from "react-bootstrap/Button";
import { useForm } from "react-hook-form";
import * as z from "zod/mini";
import { discardRequestLimits as limits } from "@/api/generated/limits.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { toast } from "@/components/toastStore";
import { useFormSubmit } from "@/lib/useFormSubmit";
import { maxLength, required } from "@/lib/validation";
import { discardDeadLetter } from "../api/discardDeadLetter";
import type { DeadLetterOwner } from "../api/listDeadLetters";

interface Props {
  owner: DeadLetterOwner;
  id: string;
  onSettled: () => unknown;
  onCancel: () => void;
}

const schema = z.object({
  reason: z
    .string()
    .check(z.trim(), required("Enter a reason."), maxLength(limits.reason.maxLength)),
});

/** Discards a dead letter for a reason. */
export function DiscardForm({ owner, id, onSettled, onCancel }: Props) {
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { reason: "" } });
  const discarding = useFormSubmit({
    form,
    send: ({ reason }) => discardDeadLetter(owner, id, reason),
    onSuccess: () => {
      toast("Dead letter discarded. You can find it under “Discarded”.");
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
