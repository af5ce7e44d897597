import { zodResolver } from "@hookform/resolvers/zod";
import Button from "react-bootstrap/Button";
import { useForm } from "react-hook-form";
import { changePasswordRequestLimits as limits } from "@/api/generated/limits.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { toast } from "@/components/toastStore";
import { useFormSubmit } from "@/lib/useFormSubmit";
import { changePassword } from "../api/changePassword";
import { passwordChangeSchema } from "../schemas";
import { PasswordField } from "./PasswordField";

export function PasswordForm({ email }: { email: string }) {
  const form = useForm({
    resolver: zodResolver(passwordChangeSchema),
    defaultValues: { current: "", new: "" },
  });
  const { errors } = form.formState;
  const changing = useFormSubmit({
    form,
    send: changePassword,
    onSuccess: () => {
      form.reset();
      toast("Password changed. You are signed out on all other devices.");
    },
  });
  return (
    <form className="form-stack" onSubmit={changing.submit} noValidate>
      {changing.error && <ErrorNotice error={changing.error} />}
      <input type="hidden" name="username" autoComplete="username" value={email} />
      <PasswordField
        label="Current password"
        register={() => form.register("current")}
        autoComplete="current-password"
        maxLength={limits.current.maxLength}
        error={errors.current?.message}
      />
      <PasswordField
        label="New password"
        register={() => form.register("new")}
        autoComplete="new-password"
        maxLength={limits.new.maxLength}
        error={errors.new?.message}
        hint={`At least ${limits.new.minLength} characters.`}
      />
      <Button type="submit" variant="outline-secondary" aria-disabled={changing.isPending}>
        Change password
      </Button>
    </form>
  );
}
