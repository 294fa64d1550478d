//! Whether this page follows on another that its reader left a moment ago: the shell started the program again, with a newer
//! edition of the book, and they go on where they were.

declare global {
  interface Window {
    __PRIMER_AGAIN__?: boolean;
  }
}

// A page that is loaded again is told again what its start was told, and that is old.
const [entry] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
if (entry?.type === "reload") delete window.__PRIMER_AGAIN__;

/** Says so once. */
export function takeAgain(): boolean {
  const again = window.__PRIMER_AGAIN__ === true;
  delete window.__PRIMER_AGAIN__;
  return again;
}
