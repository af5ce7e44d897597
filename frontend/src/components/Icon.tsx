const PATHS = {
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm5 12 4.500 4.500",
  cart: "M3 4h2.500l2 11h10.500l2-8H6.500M9 19.500h.01M17 19.500h.01",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.500 8c.8-3.500 3.800-5 7.500-5s6.700 1.500 7.500 5",
  box: "M4 8l8-4 8 4v8l-8 4-8-4V8Zm0 0 8 4 8-4m-8 4v8",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Zm0-5v2m0 14v2M3 12h2m14 0h2M5.600 5.600 7 7m10 10 1.400 1.400M5.600 18.400 7 17M17 7l1.400-1.400",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500Z",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  close: "M6 6l12 12M18 6 6 18",
  check: "M5 12.500l4.500 4.500L19 7.500",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 3.500V12l3 2",
  warn: "M12 4 3 19.500h18L12 4Zm0 6v4m0 2.800v.01",
  info: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 7v5m0-8.200v.01",
  cross: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm-2.800 5.200 5.600 5.600m0-5.600-5.600 5.600",
  undo: "M8 5 4 9l4 4M4 9h9.500a5.500 5.500 0 0 1 0 11H9",
  filter: "M4 6h16M7 12h10M10 18h4",
  arrow: "M5 12h14m-6-6 6 6-6 6",
  back: "M19 12H5m6-6-6 6 6 6",
  down: "M6 9l6 6 6-6",
  trash: "M5 7h14M10 7V4.500h4V7m-7.500 0 .8 12.500h9.400L17.500 7M10.500 11v5m3-5v5",
  edit: "M4 20h4L19 9l-4-4L4 16v4Z",
  chart: "M4 20h16M7 16v-5m5 5V6m5 10v-8",
  people:
    "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7Zm-6 8c.6-3 3-4.500 6-4.500s5.400 1.500 6 4.500M16 4.500a3.500 3.500 0 0 1 0 6.500m2 3.800c1.600.7 2.600 2.100 3 4.200",
  tag: "M4 4h7l9 9-7 7-9-9V4Zm4 4h.01",
  inbox: "M4 13l2.500-8h11L20 13v6H4v-6Zm0 0h5l1 2.500h4l1-2.500h5",
  mail: "M4 6h16v12H4V6Zm0 1 8 6 8-6",
  copy: "M9 9h10v10H9V9Zm-4 6V5h10",
  truck:
    "M3 6h11v10H3V6Zm11 4h4l3 3v3h-7v-6ZM7 19.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm10 0a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  card: "M3 6h18v12H3V6Zm0 4h18",
  print: "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7v-6Z",
  upload: "M12 15V5m-4 4 4-4 4 4M5 15v4h14v-4",
} as const;

export type IconName = keyof typeof PATHS;

/** A decorative icon. The text beside it has the meaning, so screen readers skip the icon. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
