import { expect, test } from "vitest";
import { coloursNamedIn } from "@/lib/colours";
import {
  choose,
  chooseGround,
  chooseSubjectColour,
  chosen,
  groundOf,
  splashChoices,
  styleChoice,
  subjectColourOf,
} from "./words";

test("chips write a prompt that they read again", () => {
  let prompt = "rocket icon";
  prompt = chooseGround(prompt, { colour: "blue", shape: "rounded square" });
  prompt = chooseSubjectColour(prompt, "white");
  prompt = choose(prompt, styleChoice, "flat");

  expect(prompt).toBe("flat white rocket icon on a blue rounded square");
  expect(groundOf(prompt)).toEqual({ colour: "blue", shape: "rounded square" });
  expect(subjectColourOf(prompt)).toBe("white");
  expect(chosen(prompt, styleChoice)).toBe("flat");
});

test("another choice takes the place of the one before, and null takes it out", () => {
  const prompt = "a flat white rocket icon on a blue rounded square";

  expect(choose(prompt, styleChoice, "soft 3D")).toBe("a soft 3D white rocket icon on a blue rounded square");
  expect(chooseSubjectColour(prompt, "orange")).toBe("a flat orange rocket icon on a blue rounded square");
  expect(chooseSubjectColour(prompt, null)).toBe("a flat rocket icon on a blue rounded square");
  expect(chooseGround(prompt, { colour: "sky blue", shape: "hexagon" })).toBe(
    "a flat white rocket icon on a sky blue hexagon",
  );
  expect(chooseGround(prompt, { colour: null, shape: null })).toBe("a flat white rocket icon");
});

test("the article follows the word behind it", () => {
  expect(chooseSubjectColour("a rocket", "orange")).toBe("an orange rocket");
  expect(chooseGround("a rocket", { colour: "orange", shape: "circle" })).toBe(
    "a rocket on an orange circle",
  );
});

test("a colour of the ground is not taken for the subject's", () => {
  expect(subjectColourOf("a rocket on a blue circle")).toBeNull();
});

test("splash words stand behind one another", () => {
  const [scene, palette, horizon] = splashChoices;
  if (!scene || !palette || !horizon) throw new Error("splash has no such words");
  const prompt = choose(choose(choose("", scene, "mountains"), palette, "sunset"), horizon, "low");

  expect(prompt).toBe("mountains, sunset palette, low horizon");
  expect(choose(prompt, palette, null)).toBe("mountains, low horizon");
});

test("colours are found by their longest name, each once", () => {
  expect(coloursNamedIn("a Sky blue whale, blue and blue, on white")).toEqual(["5cbef8", "2660e8", "fdfdfd"]);
});
