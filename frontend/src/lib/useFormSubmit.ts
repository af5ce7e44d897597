import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import type { FieldPath, FieldValues, UseFormReturn } from "react-hook-form";
import { asProblem, type Problem } from "@/lib/problem";

interface Options<Draft extends FieldValues, Values, Result> {
  form: UseFormReturn<Draft, unknown, Values>;
  send: (values: Values) => Promise<Result>;
  onSuccess: (result: Result, values: Values) => unknown;
  onError?: (problem: Problem, values: Values) => unknown;
  /** Return the server's message for a field; the field of the same name by default. */
  fieldMessage?: (problem: Problem, field: string) => string | undefined;
}

/**
 * Send a form's valid values, one request at a time.
 *
 * The server's field errors appear at their fields, and the first of these fields takes the focus.
 * `error` is a failure that belongs to no field.
 */
export function useFormSubmit<Draft extends FieldValues, Values, Result>({
  form,
  send,
  onSuccess,
  onError,
  fieldMessage = (problem, field) => problem.field(field),
}: Options<Draft, Values, Result>) {
  // A second click can arrive before React has rendered the pending state of the first.
  const isSending = useRef(false);
  const mutation = useMutation({
    mutationFn: send,
    onSuccess,
    onError: async (error, values) => {
      const problem = asProblem(error);
      await onError?.(problem, values);
      fieldErrors(problem).forEach(([field, message], index) => {
        form.setError(field, { message }, { shouldFocus: index === 0 });
      });
    },
    onSettled: () => {
      isSending.current = false;
    },
  });

  function fieldErrors(problem: Problem): [field: FieldPath<Draft>, message: string][] {
    const fields = Object.keys(form.getValues()) as FieldPath<Draft>[];
    return fields.flatMap((field) => {
      const message = fieldMessage(problem, field);
      return message ? [[field, message]] : [];
    });
  }
  function sendOnce(values: Values): void {
    if (isSending.current) return;
    isSending.current = true;
    mutation.mutate(values);
  }
  function hideOldError(): void {
    if (!isSending.current) mutation.reset();
  }
  const isGeneral = mutation.isError && fieldErrors(asProblem(mutation.error)).length === 0;
  return {
    submit: form.handleSubmit(sendOnce, hideOldError),
    isPending: mutation.isPending,
    error: isGeneral ? mutation.error : null,
    reset: mutation.reset,
  };
}
