import { describe, expect, it } from "vitest";
import type { ChapterChange, ChapterEntry } from "../generated/commands";
import { bytes, changesSentence, chapterWords, list, minutesLeft, moment, newsWord, writtenForYou } from "./sentences";

const entry = (over: Partial<ChapterEntry>): ChapterEntry => ({ chapter_id: 1, title: "One", state: "fresh", label: "ready", detail: null, minutes: 20, progress: 0, last_opened: false, news_from: null, ...over });
const changes = (...kinds: ChapterChange["change"][]) => kinds.map((change, at) => ({ chapter_id: at + 1, title: "", change }));

describe("a chapter in the contents", () => {
  it("that was being read says Continue and the minutes left", () => {
    expect(chapterWords(entry({ last_opened: true, progress: 0.4 }))).toEqual({ glyph: "reading", strong: "Continue", words: "12 min left" });
  });

  it("that was being read and will be written again says so", () => {
    expect(chapterWords(entry({ last_opened: true, progress: 0.4, state: "stale_profile", label: "your background changed" }))).toEqual({ glyph: "reading", strong: "Continue", words: "your background changed" });
  });

  it("counts as read from 97 percent on, also when it was opened last", () => {
    expect(chapterWords(entry({ progress: 0.97, last_opened: true })).words).toBe("read");
    expect(chapterWords(entry({ progress: 0.96 })).words).toBe("ready");
  });

  it("that was read and has changed since tells of the change", () => {
    expect(chapterWords(entry({ progress: 1, state: "stale_source", label: "new version" }))).toEqual({ glyph: "new-version", strong: null, words: "new version" });
  });

  it("has a shape of its own for each state", () => {
    const states = ["fresh", "damaged", "stale_profile", "stale_source", "newer_source", "missing"] as const;
    expect(new Set(states.map((state) => chapterWords(entry({ state })).glyph)).size).toBe(states.length);
  });

  it("tells where its text came from, and where the answers were changed that it waits for", () => {
    expect(newsWord(entry({ state: "fresh" }))).toBe("from");
    expect(newsWord(entry({ state: "newer_source" }))).toBe("from");
    expect(newsWord(entry({ state: "stale_profile" }))).toBe("on");
  });

  it("never has less than a minute left", () => {
    expect(minutesLeft(20, 0.999)).toBe(1);
    expect(minutesLeft(20, 7)).toBe(1);
    expect(minutesLeft(20, -1)).toBe(20);
  });
});

describe("what a changed background does", () => {
  it("names the chapters that will be written again and those that stay", () => {
    expect(changesSentence(changes("same", "rewritten", "rewritten", "same", "rewritten", "new"))).toBe("Chapters 2, 3 and 5 will be written again when you open them; 1 and 4 stay as they are.");
  });

  it("speaks of one chapter in the singular", () => {
    expect(changesSentence(changes("rewritten", "same"))).toBe("Chapter 1 will be written again when you open it; 2 stays as it is.");
  });

  it("tells of texts that are already here", () => {
    expect(changesSentence(changes("ready", "ready", "rewritten"))).toBe("Chapter 3 will be written again when you open it; 1 and 2 are already here for this background.");
    expect(changesSentence(changes("ready"))).toBe("Chapter 1 is already here for this background.");
  });

  it("says plainly that nothing changes, or that nothing has been written yet", () => {
    expect(changesSentence(changes("same", "new"))).toBe("No chapter changes: what has been written for you stays as it is.");
    expect(changesSentence(changes("new", "new"))).toMatch(/^Nothing has been written for you yet/);
    expect(changesSentence([])).toBe("");
  });
});

it("a list reads as a person would say it", () => {
  expect([list([]), list([1]), list([1, 2]), list([1, 2, 3])]).toEqual(["", "1", "1 and 2", "1, 2 and 3"]);
});

it("sizes are said in the unit that fits", () => {
  expect([0, 999, 1000, 640_400, 999_499, 999_500, 12_400_000, 200_000_000, 1_250_000_000].map(bytes)).toEqual(["0 bytes", "999 bytes", "1 kB", "640 kB", "999 kB", "1 MB", "12.4 MB", "200 MB", "1.3 GB"]);
});

it("a reason becomes one sentence, with one full stop", () => {
  expect(writtenForYou("because you said Python: beginner ")).toBe("because you said Python: beginner.");
  expect(writtenForYou("because you said so.")).toBe("because you said so.");
  expect(writtenForYou("")).toBe("");
});

describe("a moment", () => {
  it("is told as people write it, where the reader is", () => {
    expect(moment("2026-11-24T18:03:00.123Z", "UTC")).toBe("24 November 2026 at 18:03");
    expect(moment("2026-11-24T23:30:00Z", "Asia/Karachi")).toBe("25 November 2026 at 04:30");
  });

  it("that is only a day stays one", () => {
    expect(moment("2026-11-24")).toBe("2026-11-24");
    expect(moment("Tomorrow")).toBe("Tomorrow");
  });
});
