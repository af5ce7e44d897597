/** The rules of the forms for credentials. */
import * as z from "zod/mini";
import {
  changePasswordRequestLimits,
  emailChangeRequestLimits,
  loginRequestLimits,
  newPasswordRequestLimits,
  profileRequestLimits,
  registerRequestLimits,
} from "@/api/generated/limits.gen";
import { maxLength, minLength, required } from "@/lib/validation";

const newPassword = (limits: { minLength: number; maxLength: number }, message: string) =>
  z.string().check(required(message), minLength(limits.minLength), maxLength(limits.maxLength));

const email = z
  .string()
  .check(
    z.trim(),
    z.regex(/^\S+@\S+$/, "Enter your email address, such as ada@example.com."),
    maxLength(loginRequestLimits.email.maxLength),
  );

export const signInSchema = z.object({
  email,
  password: z
    .string()
    .check(required("Enter your password."), maxLength(loginRequestLimits.password.maxLength)),
});

export const emailSchema = z.object({ email });

export const newPasswordSchema = z.object({
  password: newPassword(newPasswordRequestLimits.password, "Enter a new password."),
});

export const registerSchema = z.object({
  email,
  password: newPassword(registerRequestLimits.password, "Enter a password."),
});

export const passwordChangeSchema = z.object({
  current: z
    .string()
    .check(
      required("Enter your current password."),
      maxLength(changePasswordRequestLimits.current.maxLength),
    ),
  new: newPassword(changePasswordRequestLimits.new, "Enter a new password."),
});

export const nameSchema = z.object({
  name: z.string().check(z.trim(), maxLength(profileRequestLimits.name.maxLength)),
});

export const emailChangeSchema = z.object({
  email,
  password: z
    .string()
    .check(
      required("Enter your password."),
      maxLength(emailChangeRequestLimits.password.maxLength),
    ),
});
