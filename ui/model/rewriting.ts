//! How the rewriting of chapters stands, as the window says it. Pure, so that each sentence has a test.
import type { ChapterPage, ChapterRewriting, RewritingStatus } from "../generated/commands";
import { CALM_MS, counted } from "./sync";

/** While a text is being rewritten, often enough to be seen moving. */
const CLOSE_MS = 1_000;
/** After somebody asked for something, which may begin and end between two ordinary looks. */
const EAGER_MS = 400;

/** How long until the next look; none while there is nothing that could change without a click here. */
export function lookAfterMs(status: RewritingStatus | null, eager: boolean): number | null {
  if (status === null || !status.is_on) return null;
  if (eager) return EAGER_MS;
  if (status.now !== null) return CLOSE_MS;
  return status.waiting.length > 0 ? CALM_MS : null;
}

/** Why the last wish came to nothing. */
export type Ended = { sentence: string; hint: string | null };

/** How it stands with one chapter. */
export type Standing =
  | { kind: "off" }
  | { kind: "idle"; ended: Ended | null }
  | { kind: "waiting"; sentence: string; hint: string | null }
  | { kind: "under_way"; heading: string | null; done: number; total: number; left: string | null; wait: string | null };

export function standingOf(status: RewritingStatus | null, chapterId: number): Standing {
  if (status === null || !status.is_on) return { kind: "off" };
  if (status.now?.chapter_id === chapterId) {
    const { heading, sections_done, sections_total, waiting_s } = status.now;
    const wait = waiting_s === null ? null : `The server asks to wait ${seconds(waiting_s)}.`;
    return { kind: "under_way", heading, done: sections_done, total: sections_total, left: leftWords(status.eta_s), wait };
  }
  const wish = status.waiting.find((each) => each.chapter_id === chapterId);
  if (wish === undefined) return { kind: "idle", ended: endedOf(status, chapterId) };
  if (status.now !== null) return { kind: "waiting", sentence: `It waits until chapter ${status.now.chapter_id} is done.`, hint: null };
  if (status.trouble !== null) return { kind: "waiting", sentence: status.trouble.message, hint: status.trouble.hint === "" ? null : status.trouble.hint };
  return { kind: "waiting", sentence: wish.reason === "" ? "It is about to begin." : wish.reason, hint: null };
}

function endedOf({ last }: RewritingStatus, chapterId: number): Ended | null {
  if (last === null || last.chapter_id !== chapterId || last.rewritten_sections > 0) return null;
  if (last.given_up !== null) return { sentence: last.given_up.message, hint: last.given_up.hint === "" ? null : last.given_up.hint };
  const why = last.kept[0];
  const reason = why === undefined ? "" : ` ${why.heading === null ? "The beginning" : `“${why.heading}”`}: ${why.reason}`;
  return { sentence: `Nothing of what the model wrote could be used, and the chapter stays as it is.${reason}`, hint: null };
}

/** “2 of 6 sections”. */
export function sectionsWords(done: number, total: number): string {
  return total === 0 ? "beginning" : `${done} of ${counted(total, "section")}`;
}

/** “about 3 minutes left”. Rounded up: who was told too little waits longest. */
export function leftWords(eta_s: number | null): string | null {
  if (eta_s === null) return null;
  if (eta_s < 10) return "a few seconds left";
  if (eta_s <= 50) return `about ${Math.ceil(eta_s / 10) * 10} seconds left`;
  const minutes = Math.ceil(eta_s / 60);
  if (minutes < 60) return `about ${counted(minutes, "minute")} left`;
  return `about ${counted(Math.ceil(minutes / 60), "hour")} left`;
}

function seconds(wait_s: number): string {
  return wait_s < 90 ? counted(Math.max(1, wait_s), "second") : counted(Math.ceil(wait_s / 60), "minute");
}

/** Said aloud when it changes: that it began, each section that is done, and nothing between. */
export function spokenProgress(before: Standing, now: Standing): string | null {
  if (now.kind !== "under_way" || now.total === 0) return null;
  if (before.kind !== "under_way") return `This chapter is being rewritten: ${sectionsWords(now.done, now.total)}.`;
  return now.done > before.done ? `${sectionsWords(now.done, now.total)} done.` : null;
}

/** Beside “Written for you”. */
export function rewrittenBy(rewriting: ChapterRewriting): string {
  const kept = rewriting.kept.length;
  if (kept === 0) return "rewritten by the model";
  return `${rewriting.rewritten_sections} of ${counted(rewriting.rewritten_sections + kept, "section")} rewritten by the model`;
}

/** The end of a chapter says how its words came about. */
export function colophon(rewriting: ChapterRewriting): string {
  const sections = `${counted(rewriting.rewritten_sections, "section")} of this chapter ${rewriting.rewritten_sections === 1 ? "stands" : "stand"}`;
  return `${sections} in the words of the model ${rewriting.model}. A model can be wrong: what the author wrote is one step away.`;
}

/** “The beginning stands as it was.” */
export function keptWords(heading: string | null): string {
  return `${heading === null ? "The beginning" : `“${heading}”`} stands as it was.`;
}

/** Why the text of the open chapter would now be another one. */
export function newerWords(shown: ChapterPage, newer: ChapterPage): string {
  if (newer.rewriting !== null && shown.rewriting === null) return `This chapter has been rewritten by the model ${newer.rewriting.model}.`;
  if (newer.rewriting !== null) return "This chapter has been rewritten again.";
  if (shown.rewriting !== null) return "This chapter is as it was before it was rewritten.";
  return "This chapter changed on another computer.";
}

/** Whether a box that grows at its end is to go on showing it. */
export function followsEnd(box: { scrollTop: number; scrollHeight: number; clientHeight: number }): boolean {
  return box.scrollHeight - box.clientHeight - box.scrollTop < 24;
}

/** “14 paragraphs differ”. */
export function differWords(changed: number): string {
  if (changed === 0) return "The two are the same in every word.";
  return changed === 1 ? "1 paragraph differs." : `${changed} paragraphs differ.`;
}

/** For a run of paragraphs that are folded away. */
export function sameWords(parts: number): string {
  return parts === 1 ? "1 paragraph is the same" : `${parts} paragraphs are the same`;
}
