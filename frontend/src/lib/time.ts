import { LOCALE } from "@/lib/settings";

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const EXACT = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric" });
const LONG_DAY = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric",
  month: "long",
  year: "numeric",
});
const CALENDAR_DAY = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const SHORT_CLOCK = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });
const CLOCK = new Intl.DateTimeFormat(LOCALE, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["minute", 60],
  ["hour", 3600],
  ["day", 86_400],
];

/** Return a relative time such as "2 minutes ago", or the date if it is more than a week ago. */
export function timeAgo(time: string, now: number): string {
  const seconds = Math.round((now - Date.parse(time)) / 1000);
  if (seconds < 45) return "just now";
  if (seconds > 7 * 86_400) return DAY.format(new Date(time));
  const [unit, size] = STEPS.findLast(([, unitSeconds]) => seconds >= unitSeconds * 0.75) ?? [
    "minute",
    60,
  ];
  return RELATIVE.format(-Math.max(1, Math.round(seconds / size)), unit);
}

export function exactTime(time: string): string {
  return EXACT.format(new Date(time));
}

/** Return the day of a time, such as "5 December 2026". */
export function longDay(time: string): string {
  return LONG_DAY.format(new Date(time));
}

/** Return a time with its day, such as "17:05 on 5 December 2026". */
export function timeOnDay(time: string): string {
  return `${SHORT_CLOCK.format(new Date(time))} on ${longDay(time)}`;
}

export function clockTime(time: string): string {
  return CLOCK.format(new Date(time));
}

/** Format a day such as "2026-03-08". It stays the same day in every time zone of the browser. */
export function formatDay(day: string): string {
  return CALENDAR_DAY.format(new Date(`${day}T00:00:00Z`));
}
