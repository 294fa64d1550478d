import { describe, expect, it } from "vitest";
import { placeInStack } from "./script-error";

function thrown(stack: string): Error {
  const error = new Error("Amina's note");
  error.stack = stack;
  return error;
}

describe("the place of an error", () => {
  it("is read from either form of a stack, without a word of the error", () => {
    const place = { script: "tauri://localhost/assets/index-x.js", line: 10, column: 20 };
    expect(placeInStack(thrown("go@tauri://localhost/assets/index-x.js:10:20\nrun@tauri://localhost/other.js:1:1"))).toEqual(place);
    expect(placeInStack(thrown("Error: Amina's note\n    at go (tauri://localhost/assets/index-x.js:10:20)"))).toEqual(place);
  });

  it("is not known of what is no error or tells of no script", () => {
    for (const nothing of [null, "text", {}, thrown(""), thrown("Error: Amina's note\n    at native code")]) expect(placeInStack(nothing)).toBeNull();
  });
});
