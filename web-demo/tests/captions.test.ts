import { expect, test } from "vitest";
import { Captions } from "../src/captions";

test("a segment grows, then stays as its final text says", () => {
  const captions = new Captions();
  captions.put({ id: "a", speaker: "you", text: "hel", final: false });
  captions.put({ id: "a", speaker: "you", text: "hello there", final: true });
  captions.put({ id: "a", speaker: "you", text: "hello th", final: false });
  expect(captions.all).toEqual([{ id: "a", speaker: "you", text: "hello there", final: true }]);
});

test("only the last few are kept, and silence is no caption", () => {
  const captions = new Captions(2);
  for (const id of ["a", "b", "c"]) captions.put({ id, speaker: "avatar", text: id, final: true });
  captions.put({ id: "d", speaker: "avatar", text: "  ", final: false });
  expect(captions.all.map((one) => one.id)).toEqual(["b", "c"]);
});
