import { colourNames } from "@/lib/colours";

/** One choice of words, of which a prompt has at most one. */
export type WordChoice = {
  label: string;
  options: string[];
  /** How an option stands in a prompt. */
  phrase: (option: string) => string;
  place: "front" | "end";
};

const bare = (option: string) => option;
const end = (phrase: WordChoice["phrase"]) => ({ phrase, place: "end" }) as const;

const styles = ["flat", "line", "bold", "duotone", "gradient", "long shadow", "soft 3D"];
export const shapes = ["rounded square", "circle", "squircle", "hexagon"];

export const styleChoice: WordChoice = { label: "Style", options: styles, phrase: bare, place: "front" };

export const splashChoices: WordChoice[] = [
  {
    label: "Scene",
    options: [
      "mountains",
      "hills",
      "waves",
      "forest",
      "city skyline",
      "desert dunes",
      "clouds",
      "starry sky",
    ],
    phrase: bare,
    place: "front",
  },
  {
    label: "Palette",
    options: ["sunset", "dawn", "ocean", "forest", "night", "candy", "desert"],
    ...end((option) => `${option} palette`),
  },
  {
    label: "Horizon",
    options: ["low", "middle", "high"],
    ...end((option) => (option === "middle" ? "horizon in the middle" : `${option} horizon`)),
  },
  {
    label: "Free space",
    options: ["top", "bottom", "left", "right"],
    ...end((option) => `copy space ${["top", "bottom"].includes(option) ? "at" : "on"} the ${option}`),
  },
];

function pattern(words: string[]): string {
  return words
    .toSorted((one, other) => other.length - one.length)
    .map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("|");
}

const groundPattern = new RegExp(`,? ?\\bon an? (?:(${pattern(colourNames)}) )?(${pattern(shapes)})\\b`, "i");

function tidy(prompt: string): string {
  return prompt
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\s+,/g, ",")
    .replace(/^[\s,]+|[\s,]+$/g, "");
}

function withArticle(words: string): string {
  return `${/^[aeiou]/i.test(words) ? "an" : "a"} ${words}`;
}

/** Behind a leading article, which is put right for the new word. */
function atFront(prompt: string, word: string): string {
  const article = /^(?:an?) /i.exec(prompt);
  return article ? withArticle(`${word} ${prompt.slice(article[0].length)}`) : `${word} ${prompt}`;
}

function choicePattern({ options, phrase, place }: WordChoice): RegExp {
  const phrases = pattern(options.map(phrase));
  // "forest" is a scene, and a palette too.
  return new RegExp(place === "end" ? `,? ?\\b(${phrases})\\b` : `\\b(${phrases})\\b(?! palette) ?`, "i");
}

export function chosen(prompt: string, choice: WordChoice): string | null {
  const found = choicePattern(choice).exec(prompt)?.[1]?.toLowerCase();
  return choice.options.find((option) => choice.phrase(option).toLowerCase() === found) ?? null;
}

/** The prompt with that option in the place of another one; null takes it out. */
export function choose(prompt: string, choice: WordChoice, option: string | null): string {
  const rest = tidy(prompt.replace(choicePattern(choice), ""));
  if (option === null) return rest;
  const phrase = choice.phrase(option);
  if (choice.place === "front") return tidy(atFront(rest, phrase));
  return rest === "" ? phrase : `${rest}, ${phrase}`;
}

export type Ground = { colour: string | null; shape: string | null };

export function groundOf(prompt: string): Ground {
  const found = groundPattern.exec(prompt);
  return { colour: found?.[1]?.toLowerCase() ?? null, shape: found?.[2]?.toLowerCase() ?? null };
}

/** With `on a blue circle` at the end, in the place of another ground. */
export function chooseGround(prompt: string, { colour, shape }: Ground): string {
  const rest = tidy(prompt.replace(groundPattern, ""));
  if (!colour && !shape) return rest;
  const ground = withArticle([colour, shape ?? "rounded square"].filter(Boolean).join(" "));
  return tidy(`${rest} on ${ground}`);
}

const subjectColour: WordChoice = { label: "Colour", options: colourNames, phrase: bare, place: "front" };

function split(prompt: string): [subject: string, ground: string] {
  const at = groundPattern.exec(prompt)?.index ?? prompt.length;
  return [prompt.slice(0, at), prompt.slice(at)];
}

export function subjectColourOf(prompt: string): string | null {
  return chosen(split(prompt)[0], subjectColour);
}

/** Behind the style, where there is one: "a flat white rocket". */
export function chooseSubjectColour(prompt: string, colour: string | null): string {
  const [subject, ground] = split(prompt);
  const style = chosen(subject, styleChoice);
  const plain = choose(subject, styleChoice, null);
  const coloured = choose(plain, subjectColour, colour);
  return tidy(`${choose(coloured, styleChoice, style)}${ground}`);
}
