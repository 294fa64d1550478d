//! The keys that work anywhere but in a field.

export type KeyAction = "original" | "previous" | "next" | "contents" | "you" | "keys" | "larger" | "smaller";

const KEYS = new Map<string, KeyAction>(Object.entries({
  o: "original",
  "[": "previous",
  "]": "next",
  c: "contents",
  y: "you",
  "?": "keys",
  "+": "larger",
  "=": "larger",
  "-": "smaller",
  "−": "smaller",
} as const));

export type Press = { key: string; ctrl: boolean; alt: boolean; meta: boolean; typing: boolean };

/** A letter typed into a field is a letter, and a chord belongs to the system. */
export function keyAction(press: Press): KeyAction | null {
  if (press.typing || press.ctrl || press.alt || press.meta) return null;
  return KEYS.get(press.key.toLowerCase()) ?? null;
}

export const KEY_HELP: readonly (readonly [keys: readonly string[], does: string])[] = [
  [["O"], "the original chapter, and back to yours"],
  [["[", "]"], "previous chapter, next chapter"],
  [["C"], "contents"],
  [["Y"], "you: background, appearance, computers, storage"],
  [["+", "−"], "larger text, smaller text"],
  [["?"], "this list"],
  [["Esc"], "close what is open"],
];
