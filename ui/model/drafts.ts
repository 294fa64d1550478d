//! Answers that were changed and not saved, kept until they are saved or undone: closing the window loses nothing.
import type { Draft } from "./background";

type Kept = { draft: Draft; from: string };

const keyOf = (userId: string) => `primer.draft.${userId}`;

/** Keeps a draft together with the hash of the profile that it was begun from. */
export function keepDraft(storage: Storage, userId: string, draft: Draft, profileHash: string): void {
  try {
    storage.setItem(keyOf(userId), JSON.stringify({ draft, from: profileHash } satisfies Kept));
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

/** The kept draft, unless the profile has changed since: then its questions may no longer be the same. */
export function keptDraft(storage: Storage, userId: string, profileHash: string): Draft | null {
  try {
    const kept = JSON.parse(storage.getItem(keyOf(userId)) ?? "null") as Kept | null;
    return kept !== null && kept.from === profileHash && Array.isArray(kept.draft.skills) ? kept.draft : null;
  } catch {
    return null;
  }
}
