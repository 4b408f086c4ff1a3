import { expect, test } from "vitest";
import { loudness } from "../src/level";

test("silence is nothing and a full tone is everything", () => {
  expect(loudness(new Float32Array(100))).toBe(0);
  expect(loudness(new Float32Array(100).fill(0.9))).toBe(1);
});
