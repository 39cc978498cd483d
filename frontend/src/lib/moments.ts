const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** `at`: Unix time in seconds, or ISO 8601. */
export function moment(at: number | string): string {
  return format.format(new Date(typeof at === "number" ? at * 1000 : at));
}
