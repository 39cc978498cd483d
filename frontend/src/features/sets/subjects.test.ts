import { expect, test } from "vitest";
import { readSubjects } from "./subjects";

test("subjects are read one a line or between commas", () => {
  expect(readSubjects(" cat, dog\n\n  red  fox ;owl,\n").subjects).toEqual(["cat", "dog", "red  fox", "owl"]);
});

test("what is there twice is left out and told, also when the set has it", () => {
  expect(readSubjects("cat, dog, Cat, owl, red fox", ["Red  Fox"])).toEqual({
    subjects: ["cat", "dog", "owl"],
    twice: ["Cat", "red fox"],
  });
});
