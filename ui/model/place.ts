//! The place in a chapter: which heading was last passed, how far down, and how to come back to it.

export type Heading = { id: string; top: number };

/** The last heading at or above the line, or null above the first. Tops must be in page order. */
export function lastAbove(headings: readonly Heading[], line: number): string | null {
  let found: string | null = null;
  for (const heading of headings) {
    if (heading.top > line) break;
    found = heading.id;
  }
  return found;
}

/** How much of the text has passed, 0 to 1. A text shorter than the window is read at once. */
export function progressOf(scrolled: number, textTop: number, textHeight: number, windowHeight: number): number {
  const way = textTop + textHeight - windowHeight;
  if (way <= 0) return 1;
  return Math.min(1, Math.max(0, scrolled / way));
}

/**
 * Where to scroll on returning. The heading is certain even after the text was written again; the fraction is
 * finer, so it is used as long as it stays inside that heading's section.
 */
export function resumeAt(headingTop: number, nextHeadingTop: number | null, fractionTop: number): number {
  if (fractionTop < headingTop) return headingTop;
  if (nextHeadingTop !== null && fractionTop >= nextHeadingTop) return headingTop;
  return fractionTop;
}
