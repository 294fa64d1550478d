//! Theme and text size: the only two things that a reader may set about the page.
import type { Appearance } from "../generated/commands";

export const TEXT_SIZE = { min: 80, max: 200, step: 10, usual: 100 };

export function sized(appearance: Appearance, steps: number): Appearance {
  const wanted = appearance.text_size_percent + steps * TEXT_SIZE.step;
  return { ...appearance, text_size_percent: Math.min(TEXT_SIZE.max, Math.max(TEXT_SIZE.min, wanted)) };
}

/** Scripts written from right to left, by the language's two letters. */
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv", "ku"]);

export function directionOf(language: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.has(language.split("-")[0]?.toLowerCase() ?? "") ? "rtl" : "ltr";
}
