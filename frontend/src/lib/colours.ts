/** The colours that the starter model was taught by name, as hexadecimal digits. */
export const colours: Record<string, string> = {
  red: "da262c",
  orange: "f68220",
  yellow: "fcd02c",
  lime: "a0d632",
  green: "269e4c",
  teal: "128e92",
  "sky blue": "5cbef8",
  blue: "2660e8",
  navy: "14245c",
  purple: "7a3ad2",
  pink: "f670ae",
  brown: "7a4828",
  black: "121216",
  grey: "808690",
  cream: "fceac2",
  white: "fdfdfd",
};

export const colourNames = Object.keys(colours);

/** `#rrggbb` of a colour's name; what is no name stays as it is. */
export function hexOf(said: string): string {
  const digits = colours[said.toLowerCase()];
  return digits ? `#${digits}` : said.trim().toLowerCase();
}

/** Why an icon can't be held to these colours; none may be. */
export function paletteFault(palette: string[]): string | null {
  return new Set(palette).size === 1
    ? "Name a second colour, or none: an icon of one colour would be empty."
    : null;
}

/** The colours that a prompt names, as hexadecimal digits, each once. */
export function coloursNamedIn(prompt: string): string[] {
  // "sky blue" before "blue", so that a name is not found within a longer one.
  const names = colourNames.toSorted((one, other) => other.length - one.length);
  const found = prompt.toLowerCase().match(new RegExp(`\\b(${names.join("|")})\\b`, "g")) ?? [];
  return [...new Set(found)].flatMap((name) => colours[name] ?? []);
}
