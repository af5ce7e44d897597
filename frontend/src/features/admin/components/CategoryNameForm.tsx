import { zodResolver } from "@hookform/resolvers/zod";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import * as z from "zod/mini";
import { categoryRequestLimits as limits } from "@/api/generated/limits.gen";
import { Field } from "@/components/Field";
import { useFormSubmit } from "@/lib/useFormSubmit";
import { maxLength, required } from "@/lib/validation";

const schema = z.object({
  name: z.string().check(z.trim(), required("Enter a name."), maxLength(limits.name.maxLength)),
});

interface Props {
  label: string;
  initialName?: string;
  focusOnMount?: boolean;
  send: (name: string) => Promise<void>;
  onSaved: (name: string) => unknown;
  /** The buttons. */
  children: ReactNode;
}

/** The form that adds or renames a category. */
export function CategoryNameForm(props: Props) {
  const { label, initialName = "", focusOnMount = false, send, onSaved, children } = props;
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { name: initialName } });
  const saving = useFormSubmit({
    form,
    send: ({ name }) => send(name),
    onSuccess: (_, { name }) => {
      form.reset();
      return onSaved(name);
    },
    // A refusal such as a taken name does not always name its field, but there is only this one.
    fieldMessage: (problem) => problem.field("name") ?? problem.message,
  });
  return (
    <form className="inline-form" onSubmit={saving.submit} noValidate>
      <Field label={label} error={form.formState.errors.name?.message}>
        {(control) => (
          <input
            {...control}
            {...form.register("name")}
            maxLength={limits.name.maxLength}
            // biome-ignore lint/a11y/noAutofocus: the form replaces the button that was pressed.
            autoFocus={focusOnMount}
          />
        )}
      </Field>
      {children}
    </form>
  );
}
