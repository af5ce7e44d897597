import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { maxLength, minLength, optionalPrice, price, required, wholeNumber } from "./validation";

/** Return the messages of a check, the first of which a form shows. */
function messages(schema: z.ZodMiniType, input: unknown): string[] {
  return schema.safeParse(input).error?.issues.map(({ message }) => message) ?? [];
}

describe("text check", () => {
  const name = z.string().check(z.trim(), required("Enter a name."), minLength(3), maxLength(5));

  it.each([
    ["  ", "Enter a name."],
    ["ab", "Use at least 3 characters."],
    ["abcdef", "Use at most 5 characters."],
  ])("refuses %j: %s", (text, message) => {
    expect(messages(name, text)[0]).toBe(message);
  });

  it("accepts text at its limits and trims it", () => {
    expect(name.parse(" abc ")).toBe("abc");
    expect(name.parse("abcde")).toBe("abcde");
  });
});

describe("price check", () => {
  const check = price({ minimum: 0, maximum: 1_000_000 });

  it.each([
    ["12", 12],
    [" 12.5 ", 12.5],
    ["12,50", 12.5],
    ["0", 0],
    ["1000000", 1_000_000],
  ])("accepts %j", (text, amount) => {
    expect(check.parse(text)).toBe(amount);
  });

  it.each(["", "-1", "1.234", "1e3", "abc", "1000000.01"])("refuses %j", (text) => {
    expect(messages(check, text)).toEqual(["Enter a price such as 12.50, up to 1,000,000."]);
  });
});

describe("optional price check", () => {
  const check = optionalPrice({ minimum: 0, maximum: 1_000_000 });

  it.each([
    ["", ""],
    ["12,50", 12.5],
  ])("accepts %j", (text, value) => {
    expect(check.parse(text)).toBe(value);
  });

  it.each(["cheap", "1.234"])("refuses %j", (text) => {
    expect(messages(check, text)).toEqual(["Enter a price such as 12.50, up to 1,000,000."]);
  });
});

describe("whole number check", () => {
  const check = wholeNumber({ minimum: -20, maximum: 20 }, "Enter a number from -20 to 20.");

  it.each([
    ["20", 20],
    ["+3", 3],
    [" -20 ", -20],
  ])("accepts %j", (text, number) => {
    expect(check.parse(text)).toBe(number);
  });

  it.each(["", "1.5", "21", "-21", "a few"])("refuses %j", (text) => {
    expect(messages(check, text)).toEqual(["Enter a number from -20 to 20."]);
  });
});
