//! Every colour that carries text reaches AA on both grounds, every mark 3:1, in both themes. Read from the style sheet itself.
import { expect, it } from "vitest";
import css from "./base.css?raw";

const luminance = (hex: string): number => {
  const channels = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = channels.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
};

const contrast = (a: string, b: string): number => {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light! + 0.05) / (dark! + 0.05);
};

const themes = [...css.matchAll(/:root[^{]*\{([^}]*--paper[^}]*)\}/g)].map((block) => new Map([...block[1]!.matchAll(/--([a-z]+):\s*(#[0-9a-f]{6})/g)].map((one) => [one[1]!, one[2]!] as const)));

it("the style sheet holds light, dark by the system, and dark by choice, and both darks agree", () => {
  expect(themes.length).toBe(3);
  expect(themes[1]).toEqual(themes[2]);
});

it("text reaches 4.5 and marks reach 3 on paper and on code", () => {
  for (const theme of themes) {
    for (const ground of ["paper", "code"]) {
      for (const text of ["ink", "soft", "rubric", "string"]) expect(contrast(theme.get(text)!, theme.get(ground)!), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      expect(contrast(theme.get("mark")!, theme.get(ground)!), `mark on ${ground}`).toBeGreaterThanOrEqual(3);
    }
  }
});
