//! A file that was opened outside of the window: the shell leaves its text, and the room for joining takes it, once.

export type Handed = {
  /** Null if the file could not be read. */
  text: string | null;
};

declare global {
  interface Window {
    __PRIMER_HANDED__?: Handed;
  }
}

/** Tells a page that has begun already that something was left. */
export const HANDED = "primer:handed";

// A page that is loaded again is given again what its start was given, and that is old.
const [entry] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
if (entry?.type === "reload") delete window.__PRIMER_HANDED__;

/** Gives what was left and forgets it. */
export function takeHanded(): Handed | null {
  const handed = window.__PRIMER_HANDED__ ?? null;
  delete window.__PRIMER_HANDED__;
  return handed;
}
