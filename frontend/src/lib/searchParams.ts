/** Readers of the URL's query string. People edit URLs, so every value may be anything. */

/** Return the choice that a parameter names, or null. */
export function readChoice<Choice extends string>(
  search: URLSearchParams,
  name: string,
  choices: Record<Choice, unknown>,
): Choice | null {
  const text = search.get(name);
  // Every object inherits names such as "constructor", so `in` would accept them.
  return text !== null && Object.hasOwn(choices, text) ? (text as Choice) : null;
}

/** Return the text of a parameter, cut to what the API accepts. */
export function readText(
  search: URLSearchParams,
  name: string,
  { maxLength }: { maxLength: number },
): string {
  return truncate(search.get(name) ?? "", maxLength);
}

/** Return a whole number from 1 to a maximum. */
export function readCount(search: URLSearchParams, name: string, maximum: number): number {
  const text = search.get(name) ?? "";
  return /^\d{1,9}$/.test(text) ? Math.min(Math.max(Number(text), 1), maximum) : 1;
}

/** Return the id that a parameter holds, or null. */
export function readId(search: URLSearchParams, name: string): string | null {
  const text = search.get(name) ?? "";
  return /^[0-9a-f]{24}$/.test(text) ? text : null;
}

/** Return a day such as 2026-02-28, or an empty string. */
export function readDay(search: URLSearchParams, name: string): string {
  const text = search.get(name) ?? "";
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return "";
  const time = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text) ? text : "";
}

/** Cut a text to a number of characters. An emoji counts once and is never cut in half. */
function truncate(text: string, maxLength: number): string {
  return Array.from(text).slice(0, maxLength).join("");
}
