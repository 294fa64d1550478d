import { describe, expect, it } from "vitest";
import { directionOf, sized } from "./appearance";
import { keyAction } from "./keys";
import { lastAbove, progressOf, resumeAt } from "./place";

describe("the place in a chapter", () => {
  const headings = [
    { id: "a", top: -300 },
    { id: "b", top: 40 },
    { id: "c", top: 800 },
  ];

  it("is the last heading above the line", () => {
    expect(lastAbove(headings, 100)).toBe("b");
    expect(lastAbove(headings, 0)).toBe("a");
    expect(lastAbove(headings, -500)).toBeNull();
    expect(lastAbove([], 100)).toBeNull();
  });

  it("goes from 0 at the top to 1 where the last line is in the window", () => {
    expect(progressOf(0, 100, 2000, 900)).toBe(0);
    expect(progressOf(600, 100, 2000, 900)).toBe(0.5);
    expect(progressOf(1200, 100, 2000, 900)).toBe(1);
    expect(progressOf(9000, 100, 2000, 900)).toBe(1);
  });

  it("is the end at once in a text shorter than the window", () => {
    expect(progressOf(0, 100, 500, 900)).toBe(1);
  });

  it("is found again exactly inside the same section, else at its heading", () => {
    expect(resumeAt(1000, 2000, 1500)).toBe(1500);
    expect(resumeAt(1000, 2000, 400)).toBe(1000);
    expect(resumeAt(1000, 2000, 2400)).toBe(1000);
    expect(resumeAt(1000, null, 2400)).toBe(2400);
  });
});

describe("keys", () => {
  const press = { ctrl: false, alt: false, meta: false, typing: false };

  it("work in either case", () => {
    expect(keyAction({ ...press, key: "o" })).toBe("original");
    expect(keyAction({ ...press, key: "O" })).toBe("original");
    expect(keyAction({ ...press, key: "]" })).toBe("next");
    expect(keyAction({ ...press, key: "?" })).toBe("keys");
  });

  it("do nothing while typing or with a modifier", () => {
    expect(keyAction({ ...press, key: "o", typing: true })).toBeNull();
    expect(keyAction({ ...press, key: "c", ctrl: true })).toBeNull();
    expect(keyAction({ ...press, key: "y", meta: true })).toBeNull();
    expect(keyAction({ ...press, key: "Enter" })).toBeNull();
    expect(keyAction({ ...press, key: "constructor" })).toBeNull();
  });
});

it("text size stays between its ends", () => {
  expect(sized({ theme: "dark", text_size_percent: 200 }, 1)).toEqual({ theme: "dark", text_size_percent: 200 });
  expect(sized({ theme: "dark", text_size_percent: 80 }, -1).text_size_percent).toBe(80);
  expect(sized({ theme: "dark", text_size_percent: 100 }, 1).text_size_percent).toBe(110);
});

it("the direction follows the book's language", () => {
  expect([directionOf("en-GB"), directionOf("ar"), directionOf("AR-eg"), directionOf("he-IL"), directionOf("")]).toEqual(["ltr", "rtl", "rtl", "rtl", "ltr"]);
});
