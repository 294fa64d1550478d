import { describe, expect, it } from "vitest";
import type { ChapterPage, ChapterRewriting, RewritingStatus } from "../generated/commands";
import { colophon, differWords, followsEnd, keptWords, leftWords, lookAfterMs, newerWords, rewrittenBy, sameWords, sectionsWords, spokenProgress, standingOf } from "./rewriting";

const calm: RewritingStatus = { is_on: true, changes: 0, now: null, waiting: [], trouble: null, eta_s: null, last: null };
const now = { chapter_id: 2, title: "Two", sections_done: 1, sections_total: 6, heading: "Topics", waiting_s: null, tokens: null };
const wish = { chapter_id: 3, title: "Three", again: false, reason: "", tries: 0 };
const idle = { kind: "idle", ended: null } as const;
const by = (rewritten_sections: number, kept = 0): ChapterRewriting => ({
  model: "llama3.2:3b",
  rewritten_sections,
  kept: Array.from({ length: kept }, () => ({ heading_id: "b-x", heading: "X", reason: "It is empty." })),
});

describe("looking at how rewriting stands", () => {
  it("never happens by itself while the model is off or nothing is wanted", () => {
    expect(lookAfterMs(null, true)).toBeNull();
    expect(lookAfterMs({ ...calm, is_on: false }, true)).toBeNull();
    expect(lookAfterMs(calm, false)).toBeNull();
  });

  it("is closer the more there is to see", () => {
    const waits = lookAfterMs({ ...calm, waiting: [wish] }, false) ?? 0;
    const runs = lookAfterMs({ ...calm, now }, false) ?? 0;
    const asked = lookAfterMs(calm, true) ?? 0;
    expect(waits).toBeGreaterThan(runs);
    expect(runs).toBeGreaterThan(asked);
    expect(asked).toBeGreaterThan(0);
  });
});

describe("one chapter", () => {
  it("is told apart from the others", () => {
    expect(standingOf(null, 2)).toEqual({ kind: "off" });
    expect(standingOf({ ...calm, is_on: false, now }, 2)).toEqual({ kind: "off" });
    expect(standingOf(calm, 2)).toEqual({ kind: "idle", ended: null });
    expect(standingOf({ ...calm, now, eta_s: 130 }, 2)).toEqual({ kind: "under_way", heading: "Topics", done: 1, total: 6, left: "about 3 minutes left", wait: null });
    expect(standingOf({ ...calm, now }, 4)).toEqual({ kind: "idle", ended: null });
  });

  it("that waits says for what", () => {
    const waiting = [wish];
    expect(standingOf({ ...calm, waiting }, 3)).toEqual({ kind: "waiting", sentence: "It is about to begin.", hint: null });
    expect(standingOf({ ...calm, waiting, now }, 3)).toEqual({ kind: "waiting", sentence: "It waits until chapter 2 is done.", hint: null });
    const trouble = { message: "The server can't be reached.", hint: "Start it.", again_s: 20 };
    expect(standingOf({ ...calm, waiting, trouble }, 3)).toEqual({ kind: "waiting", sentence: trouble.message, hint: "Start it." });
    expect(standingOf({ ...calm, waiting: [{ ...wish, reason: "It was busy." }] }, 3)).toMatchObject({ sentence: "It was busy." });
  });

  it("of which nothing was used, or that was given up, says why", () => {
    const last = { chapter_id: 2, rewritten_sections: 0, kept: [{ heading: "Topics", reason: "It is empty." }], tokens: null, given_up: null };
    expect(standingOf({ ...calm, last }, 2)).toEqual({ kind: "idle", ended: { sentence: "Nothing of what the model wrote could be used, and the chapter stays as it is. “Topics”: It is empty.", hint: null } });
    expect(standingOf({ ...calm, last: { ...last, rewritten_sections: 1 } }, 2)).toEqual(idle);
    expect(standingOf({ ...calm, last }, 3)).toEqual(idle);
    const given_up = { message: "It is from a newer book.", hint: "Update the book." };
    expect(standingOf({ ...calm, last: { ...last, kept: [], given_up } }, 2)).toEqual({ kind: "idle", ended: { sentence: "It is from a newer book.", hint: "Update the book." } });
  });

  it("that is not wished for is not told of what keeps others waiting", () => {
    const trouble = { message: "The key is wrong.", hint: "Set another.", again_s: null };
    expect(standingOf({ ...calm, trouble, waiting: [wish] }, 2)).toEqual(idle);
  });

  it("says how long its server asked to wait", () => {
    expect(standingOf({ ...calm, now: { ...now, waiting_s: 20 } }, 2)).toMatchObject({ wait: "The server asks to wait 20 seconds." });
    expect(standingOf({ ...calm, now: { ...now, waiting_s: 120 } }, 2)).toMatchObject({ wait: "The server asks to wait 2 minutes." });
  });

  it("is spoken of when it begins and when a section is done, and not between", () => {
    const at = (done: number) => standingOf({ ...calm, now: { ...now, sections_done: done } }, 2);
    expect(spokenProgress(idle, at(0))).toBe("This chapter is being rewritten: 0 of 6 sections.");
    expect(spokenProgress(at(0), at(0))).toBeNull();
    expect(spokenProgress(at(0), at(1))).toBe("1 of 6 sections done.");
    expect(spokenProgress(at(1), idle)).toBeNull();
  });
});

describe("the words", () => {
  it("for the time that is left never promise too little", () => {
    expect([null, 3, 21, 51, 61, 3_601].map(leftWords)).toEqual([null, "a few seconds left", "about 30 seconds left", "about 1 minute left", "about 2 minutes left", "about 2 hours left"]);
  });

  it("count sections as a person would", () => {
    expect([sectionsWords(0, 0), sectionsWords(0, 1), sectionsWords(2, 6)]).toEqual(["beginning", "0 of 1 section", "2 of 6 sections"]);
  });

  it("say who wrote them, and how much of it", () => {
    expect(rewrittenBy(by(6))).toBe("rewritten by the model");
    expect(rewrittenBy(by(5, 1))).toBe("5 of 6 sections rewritten by the model");
    expect(colophon(by(1))).toContain("1 section of this chapter stands in the words of the model llama3.2:3b.");
    expect([keptWords(null), keptWords("Topics")]).toEqual(["The beginning stands as it was.", "“Topics” stands as it was."]);
  });

  it("say why a chapter would be another one now", () => {
    const page = (rewriting: ChapterRewriting | null) => ({ rewriting }) as ChapterPage;
    expect(newerWords(page(null), page(by(2)))).toBe("This chapter has been rewritten by the model llama3.2:3b.");
    expect(newerWords(page(by(2)), page(by(3)))).toBe("This chapter has been rewritten again.");
    expect(newerWords(page(by(2)), page(null))).toBe("This chapter is as it was before it was rewritten.");
    expect(newerWords(page(null), page(null))).toBe("This chapter changed on another computer.");
  });

  it("go on to be shown at their end only to whoever did not scroll back", () => {
    expect(followsEnd({ scrollTop: 100, scrollHeight: 300, clientHeight: 200 })).toBe(true);
    expect(followsEnd({ scrollTop: 20, scrollHeight: 300, clientHeight: 200 })).toBe(false);
  });

  it("count what differs", () => {
    expect([0, 1, 2].map(differWords)).toEqual(["The two are the same in every word.", "1 paragraph differs.", "2 paragraphs differ."]);
    expect([1, 3].map(sameWords)).toEqual(["1 paragraph is the same", "3 paragraphs are the same"]);
  });
});
