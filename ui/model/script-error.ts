//! Where in the page's scripts an error came from. What it says is left out: it may quote what is on the page.

export type ScriptPlace = { script: string; line: number; column: number };

/** The first place that a stack names, in WebKit's form (`name@address:10:20`) and in Chromium's (`at name (address:10:20)`). */
export function placeInStack(thrown: unknown): ScriptPlace | null {
  if (!(thrown instanceof Error) || typeof thrown.stack !== "string") return null;
  const found = /((?:[a-z]+:\/\/)[^\s@()]+):(\d+):(\d+)/.exec(thrown.stack);
  return found === null ? null : { script: found[1] ?? "", line: Number(found[2]), column: Number(found[3]) };
}
