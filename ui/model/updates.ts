//! How far an update is. Pure, so that it has a test.
import type { UpdateProgress } from "../generated/commands";

/** From 0 to 1. */
export function share({ done_bytes, len_bytes }: UpdateProgress): number {
  return len_bytes === 0 ? 0 : Math.min(1, done_bytes / len_bytes);
}
