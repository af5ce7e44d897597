import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import Button from "react-bootstrap/Button";
import { useForm } from "react-hook-form";
import type { ProfileBody } from "@/api";
import { profileRequestLimits as limits } from "@/api/generated/limits.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { SkeletonRows } from "@/components/Skeleton";
import { toast } from "@/components/toastStore";
import { useFormSubmit } from "@/lib/useFormSubmit";
import { changeName } from "../api/changeName";
import { profileQuery } from "../api/getProfile";
import { nameSchema } from "../schemas";

/** The name of the account's owner. */
export function NameForm() {
  const { data: profile, error, refetch } = useQuery(profileQuery);
  if (profile) return <LoadedForm profile={profile} />;
  if (error) return <ErrorNotice error={error} onRetry={() => refetch()} />;
  return <SkeletonRows count={1} height="8.5rem" />;
}

function LoadedForm({ profile }: { profile: ProfileBody }) {
  const queries = useQueryClient();
  const form = useForm({
    resolver: zodResolver(nameSchema),
    defaultValues: { name: profile.name ?? "" },
  });
  const saving = useFormSubmit({
    form,
    send: ({ name }) => changeName(name),
    onSuccess: (changed) => {
      queries.setQueryData(profileQuery.queryKey, changed);
      form.reset({ name: changed.name ?? "" });
      toast(changed.name ? "Name saved." : "Name removed.");
    },
  });
  return (
    <form className="form-stack" onSubmit={saving.submit} noValidate>
      {saving.error && <ErrorNotice error={saving.error} />}
      <Field
        label="Name"
        hint="New addresses begin with it."
        error={form.formState.errors.name?.message}
      >
        {(control) => (
          <input
            {...control}
            {...form.register("name")}
            autoComplete="name"
            maxLength={limits.name.maxLength}
          />
        )}
      </Field>
      <Button type="submit" variant="outline-secondary" aria-disabled={saving.isPending}>
        Save name
      </Button>
    </form>
  );
}
