import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import * as z from "zod/mini";
import type { AdminOrderBody } from "@/api";
import { noteRequestLimits as limits } from "@/api/generated/limits.gen";
import { Field } from "@/components/Field";
import { maxLength, required } from "@/lib/validation";
import { addNote } from "../api/addNote";
import { useDeskForm } from "../useDeskForm";
import { DeskDialog } from "./DeskDialog";

interface Props {
  order: AdminOrderBody;
  onClose: () => void;
}

const schema = z.object({
  text: z.string().check(z.trim(), required("Enter a note."), maxLength(limits.text.maxLength)),
  resolve: z.boolean(),
});

/** Adds a note for other admins, and ends the problem of the order if it has one. */
export function NoteDialog({ order, onClose }: Props) {
  const hasProblem = order.problem !== null;
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { text: "", resolve: hasProblem },
  });
  const saving = useDeskForm({
    form,
    send: (note, key) => addNote(order.id, note, key),
    done: "Note added.",
    onClose,
  });
  return (
    <DeskDialog
      title={hasProblem ? "Resolve the problem" : "Add a note"}
      button="Save note"
      effect="Admins see notes in the timeline. Customers don't."
      saving={saving}
      onClose={onClose}
    >
      <Field
        label={hasProblem ? "What you decided" : "Note"}
        error={form.formState.errors.text?.message}
      >
        {(control) => (
          <textarea
            {...control}
            {...form.register("text")}
            rows={3}
            maxLength={limits.text.maxLength}
          />
        )}
      </Field>
      {hasProblem && (
        <label className="select-box">
          <input type="checkbox" className="form-check-input" {...form.register("resolve")} />
          The problem is solved
        </label>
      )}
    </DeskDialog>
  );
}
