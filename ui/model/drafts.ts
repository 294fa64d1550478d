//! Answers that were changed and not saved, kept until they are saved or undone: closing the window loses nothing.
import { rebase, type Draft } from "./background";

/** `base` is the saved answers that the draft was begun from, `from` their hash. */
type Kept = { draft: Draft; from: string; base?: Draft };

const keyOf = (userId: string) => `primer.draft.${userId}`;

/** Keeps a draft together with the profile that it was begun from. */
export function keepDraft(storage: Storage, userId: string, draft: Draft, profileHash: string, base: Draft): void {
  try {
    storage.setItem(keyOf(userId), JSON.stringify({ draft, from: profileHash, base } satisfies Kept));
  } catch {
    // A full or forbidden store costs only the draft's survival of a closed window.
  }
}

export function dropDraft(storage: Storage, userId: string): void {
  try {
    storage.removeItem(keyOf(userId));
  } catch {
    // As above.
  }
}

/** The kept draft. Where another computer has changed the profile since, it comes back as edits of what that is now. */
export function keptDraft(storage: Storage, userId: string, profileHash: string, now: Draft): Draft | null {
  try {
    const kept = JSON.parse(storage.getItem(keyOf(userId)) ?? "null") as Kept | null;
    if (kept === null || !Array.isArray(kept.draft.skills)) return null;
    if (kept.from === profileHash) return kept.draft;
    return kept.base === undefined ? null : rebase(kept.draft, kept.base, now);
  } catch {
    return null;
  }
}
