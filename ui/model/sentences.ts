//! Sentences that the window says about what the engine told it. Pure, so that each has a test.
import type { ChapterChange, ChapterEntry } from "../generated/commands";

/** From this share on a chapter counts as read: the last screen is often the further reading. */
export const READ_FROM = 0.97;

export type Glyph = "read" | "reading" | "ready" | "new-version" | "background" | "newer" | "missing" | "damaged";

export type ChapterWords = { glyph: Glyph; strong: string | null; words: string };

/** What stands at the right of a chapter in the contents: a shape and words, never colour alone. */
export function chapterWords(entry: ChapterEntry): ChapterWords {
  const open = entry.progress < READ_FROM;
  if (entry.last_opened && open && entry.progress > 0) {
    // A text that will be written again says so instead of the time, which may be another one then.
    const words = entry.state === "fresh" || entry.state === "newer_source" ? `${minutesLeft(entry.minutes, entry.progress)} min left` : entry.label;
    return { glyph: "reading", strong: "Continue", words };
  }
  switch (entry.state) {
    case "fresh":
      if (!open) return { glyph: "read", strong: null, words: "read" };
      return { glyph: "ready", strong: null, words: entry.label };
    case "stale_source":
      return { glyph: "new-version", strong: null, words: entry.label };
    case "stale_profile":
      return { glyph: "background", strong: null, words: entry.label };
    case "newer_source":
      return { glyph: "newer", strong: null, words: entry.label };
    case "damaged":
      return { glyph: "damaged", strong: null, words: entry.label };
    case "missing":
      return { glyph: "missing", strong: null, words: entry.label };
  }
}

/** Before the computer's name: its text is here, or the answers were changed there. */
export function newsWord(entry: ChapterEntry): string {
  return entry.state === "stale_profile" ? "on" : "from";
}

export function minutesLeft(minutes: number, progress: number): number {
  return Math.max(1, Math.round(minutes * (1 - Math.min(1, Math.max(0, progress)))));
}

/** "24 November 2026 at 18:03", where the reader is. A day or a text that is no time stays as it is. */
export function moment(at: string, timeZone?: string): string {
  const time = new Date(at);
  if (!at.includes("T") || Number.isNaN(time.getTime())) return at;
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", ...(timeZone === undefined ? {} : { timeZone }) }).format(time);
}

/** "2", "2 and 3", "2, 3 and 5". */
export function list(items: readonly (string | number)[]): string {
  const words = items.map(String);
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function chapters(ids: readonly number[]): string {
  return `${ids.length === 1 ? "chapter" : "chapters"} ${list(ids)}`;
}

/** What saving a changed background will do to the chapters, said before it is saved. */
export function changesSentence(changes: readonly ChapterChange[]): string {
  const of = (change: ChapterChange["change"]) => changes.filter((each) => each.change === change).map((each) => each.chapter_id);
  const rewritten = of("rewritten");
  const ready = of("ready");
  const same = of("same");
  if (changes.length === 0) return "";
  if (rewritten.length === 0 && ready.length === 0) {
    if (same.length === 0) return "Nothing has been written for you yet; each chapter will be written for this background when you open it.";
    return "No chapter changes: what has been written for you stays as it is.";
  }
  const clauses: string[] = [];
  if (rewritten.length > 0) {
    const when = rewritten.length === 1 ? "when you open it" : "when you open them";
    clauses.push(`${chapters(rewritten)} will be written again ${when}`);
  }
  if (ready.length > 0) {
    const verb = ready.length === 1 ? "is" : "are";
    clauses.push(`${named(ready, clauses.length)} ${verb} already here for this background`);
  }
  if (same.length > 0) {
    const verb = same.length === 1 ? "stays as it is" : "stay as they are";
    clauses.push(`${named(same, clauses.length)} ${verb}`);
  }
  const sentence = clauses.join("; ");
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

// Only the first clause needs the word "chapters"; the numbers after it are read as chapters.
function named(ids: readonly number[], clausesBefore: number): string {
  return clausesBefore === 0 ? chapters(ids) : list(ids);
}

/** A count in the size of unit a person would say: "640 kB", "12.4 MB", "1.2 GB" (decimal units, as file managers show them). */
export function bytes(count: number): string {
  if (count < 1000) return `${count} bytes`;
  if (count < 999_500) return `${Math.round(count / 1000)} kB`;
  if (count < 999_950_000) return `${trimmed(count / 1_000_000)} MB`;
  return `${trimmed(count / 1_000_000_000)} GB`;
}

function trimmed(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}

/** The engine gives "because you said …"; the margin says it as one sentence. */
export function writtenForYou(reason: string): string {
  const text = reason.trim();
  if (text === "") return "";
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
