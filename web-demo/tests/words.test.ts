import { expect, test } from "vitest";
import { deviceWords, failureWords } from "../src/words";

test("every device error says which device and what to do", () => {
  for (const error of ["NotAllowedError", "NotFoundError", "NotReadableError"]) {
    for (const kind of ["microphone", "camera"] as const) {
      expect(deviceWords(kind, error).toLowerCase()).toContain(kind);
    }
  }
  expect(deviceWords("camera", "NotReadableError")).toContain("busy");
});

test("a failure names the avatar it is about", () => {
  expect(failureWords("agent-absent", "Mia").title).toContain("Mia");
});
