import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { FieldValues, UseFormReturn } from "react-hook-form";
import type { AdminOrderBody } from "@/api";
import { toast } from "@/components/toastStore";
import type { Problem } from "@/lib/problem";
import { randomKey } from "@/lib/randomKey";
import { useFormSubmit } from "@/lib/useFormSubmit";
import { adminOrderQuery } from "./api/getAdminOrder";

interface Options<Draft extends FieldValues, Values> {
  form: UseFormReturn<Draft, unknown, Values>;
  /** Send what was entered. The key is the same for each attempt of this form. */
  send: (values: Values, key: string) => Promise<AdminOrderBody>;
  /** What is said once it is recorded. */
  done: string;
  onClose: () => void;
  fieldMessage?: (problem: Problem, field: string) => string | undefined;
}

/** Record something about an order once, whatever happens to the first responses. */
export function useDeskForm<Draft extends FieldValues, Values>(options: Options<Draft, Values>) {
  const { form, send, done, onClose, fieldMessage } = options;
  const [key] = useState(randomKey);
  const queries = useQueryClient();
  const refresh = () => {
    queries.invalidateQueries({ queryKey: ["orders"] });
    queries.invalidateQueries({ queryKey: ["admin", "orders"] });
  };
  return useFormSubmit({
    form,
    send: (values: Values) => send(values, key),
    onSuccess: (order) => {
      queries.setQueryData(adminOrderQuery(order.id).queryKey, order);
      toast(done);
      onClose();
      refresh();
    },
    // Another admin may have acted, or an attempt without a response may have been recorded.
    onError: refresh,
    ...(fieldMessage ? { fieldMessage } : {}),
  });
}
