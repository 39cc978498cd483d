export type Subjects = {
  /** Each once, in their order. */
  subjects: string[];
  /** Those that were there before; left out. */
  twice: string[];
};

/** Equal for what is drawn alike. */
function sameSubject(subject: string): string {
  return subject.replaceAll(/\s+/g, " ").toLowerCase();
}

/** What was written one a line, or between commas. `taken`: what the set has already. */
export function readSubjects(text: string, taken: string[] = []): Subjects {
  const seen = new Set(taken.map(sameSubject));
  const [subjects, twice]: [string[], string[]] = [[], []];
  for (const subject of text.split(/[\n,;]/).map((part) => part.trim())) {
    if (subject === "") continue;
    const key = sameSubject(subject);
    (seen.has(key) ? twice : subjects).push(subject);
    seen.add(key);
  }
  return { subjects, twice: [...new Set(twice)] };
}
