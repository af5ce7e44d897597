/** Names are stored in lower case; headings and links show them with a capital letter. */
export function capitalize(name: string): string {
  const [first = "", ...rest] = name;
  return first.toLocaleUpperCase("en") + rest.join("");
}

export function pluralize(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? singular : plural}`;
}
