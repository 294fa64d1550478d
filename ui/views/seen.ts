//! What of a text stands in the window, so that another edition of the text can be shown with the same lines in the same place.

const PARTS = "p, li, pre, h1, h2, h3, h4, figcaption, td";

/** A paragraph, or another part of the text, and how far from the top of the window it stands. */
export type Seen = { words: string; top: number };

/** The parts in the window, from the line that is most likely being read: what stands at its upper third comes first. */
export function seenIn(article: HTMLElement): Seen[] {
  const line = window.innerHeight / 3;
  const seen: Seen[] = [];
  for (const part of article.querySelectorAll<HTMLElement>(PARTS)) {
    const box = part.getBoundingClientRect();
    if (box.height > 0 && box.bottom > 0 && box.top < window.innerHeight) seen.push({ words: wordsOf(part), top: box.top });
  }
  return seen.filter((part) => part.words !== "").sort((a, b) => Math.abs(a.top - line) - Math.abs(b.top - line));
}

/** Scrolls so that the first of these that the text also has stands where it stood. False if it has none of them. */
export function showAgain(article: HTMLElement, seen: readonly Seen[]): boolean {
  const parts = new Map<string, HTMLElement>();
  for (const part of article.querySelectorAll<HTMLElement>(PARTS)) {
    const words = wordsOf(part);
    if (!parts.has(words) && part.getClientRects().length > 0) parts.set(words, part);
  }
  for (const { words, top } of seen) {
    const part = parts.get(words);
    if (part === undefined) continue;
    window.scrollBy(0, part.getBoundingClientRect().top - top);
    return true;
  }
  return false;
}

function wordsOf(part: HTMLElement): string {
  return (part.textContent ?? "").trim();
}
