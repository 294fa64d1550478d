//! What a chapter shows of its rewriting. Loaded once the chapter itself is on the screen.
export { default as Beside } from "./Beside.svelte";
export { default as Colophon } from "./Colophon.svelte";
export { default as Line } from "./Line.svelte";
export { ChapterRewrite } from "./chapter-rewrite.svelte";
