//! Where the notes in the margin stand. Lengths are CSS pixels from the top of the margin.

export type Beside = { blockTop: number | null; noteHeight: number };

/**
 * Each note stands beside its block, or lower where the note above it is in the way; notes never overlap.
 * A block that is not shown (inside a closed answer) has no top, and its note is not shown either.
 */
export function placeNotes(notes: readonly Beside[], gap: number): (number | null)[] {
  let free = 0;
  return notes.map(({ blockTop, noteHeight }) => {
    if (blockTop === null) return null;
    const top = Math.max(blockTop, free);
    free = top + noteHeight + gap;
    return top;
  });
}

export type Width = "wide" | "middle" | "narrow" | "slim";

/** How much fits beside the text. Measured in letters, not pixels: larger text makes the same window narrower. */
export function widthOf(windowWidth: number, rootFontSize: number): Width {
  const rem = windowWidth / rootFontSize;
  if (rem >= 73.5) return "wide";
  if (rem >= 56) return "middle";
  if (rem >= 36) return "narrow";
  return "slim";
}
