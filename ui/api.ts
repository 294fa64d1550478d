//! The one door to the engine. Nothing else in the window imports @tauri-apps.
import { invoke } from "@tauri-apps/api/core";
import { openUrl } from "@tauri-apps/plugin-opener";
import type { ApiError, Commands } from "./generated/commands";
import { placeInStack, type ScriptPlace } from "./model/script-error";

export type CommandName = keyof Commands;

declare global {
  interface Window {
    /** Left by the shell: commands with the requests that a start makes, and their answers. */
    __PRIMER_EARLY__?: readonly (readonly [CommandName, object, unknown])[];
  }
}

/** Answers from before the start are not for later. */
const EARLY_FOR_MS = 5_000;

const keyOf = (name: string, request: object) => JSON.stringify([name, ...Object.entries(request).sort(([a], [b]) => (a < b ? -1 : 1))]);

// A page that is loaded again finds the same answers, and they are old.
const isStart = (performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming | undefined)?.type !== "reload";
const early = new Map((isStart ? (window.__PRIMER_EARLY__ ?? []) : []).map(([name, request, answer]) => [keyOf(name, request), answer]));

function answeredEarly(name: string, request: object): unknown {
  if (early.size === 0) return undefined;
  if (performance.now() > EARLY_FOR_MS) early.clear();
  const key = keyOf(name, request);
  const answer = early.get(key);
  early.delete(key);
  return answer;
}

/** Calls the engine. Always rejects with an `ApiError`, whatever went wrong on the way. */
export async function call<N extends CommandName>(
  name: N,
  request: Commands[N]["request"],
): Promise<Commands[N]["response"]> {
  const known = answeredEarly(name, request);
  if (known !== undefined) return known as Commands[N]["response"];
  try {
    return await invoke<Commands[N]["response"]>("call", { name, request });
  } catch (thrown) {
    throw asApiError(thrown);
  }
}

/** Beyond this one fault only says itself again and again. */
const SCRIPT_ERRORS_MAX = 20;
let scriptErrors = 0;

/** Notes in the log where something went wrong that nobody had thought of. */
export function noteScriptError(place: ScriptPlace | null): void {
  scriptErrors += 1;
  if (scriptErrors > SCRIPT_ERRORS_MAX) return;
  // Where not even that can be told there is nobody left to tell.
  void invoke("call", { name: "note_script_error", request: place ?? { script: "", line: 0, column: 0 } }).catch(() => undefined);
}

/** From here on every error that nothing in the page takes care of is noted. */
export function watchScriptErrors(): void {
  window.addEventListener("error", (event) => {
    if (event.filename !== "") noteScriptError({ script: event.filename, line: event.lineno, column: event.colno });
  });
  window.addEventListener("unhandledrejection", (event) => noteScriptError(placeInStack(event.reason)));
}

const OUTSIDE = new Set(["http:", "https:", "mailto:"]);

/** Hands an address to the system's browser or mail program. Refuses every scheme but http, https and mailto. */
export async function openOutside(url: string): Promise<void> {
  if (!URL.canParse(url) || !OUTSIDE.has(new URL(url).protocol)) {
    throw apiError("This kind of address is not opened.", "Copy the address and open it yourself if you trust it.");
  }
  try {
    await openUrl(url);
  } catch {
    throw apiError("The browser could not be opened.", "Copy the address and paste it into your browser.");
  }
}

/** Narrows anything thrown to an `ApiError`, so that a view always has a sentence and a next step to show. */
export function asApiError(thrown: unknown): ApiError {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && "message" in thrown) {
    const given = thrown as Partial<ApiError>;
    return {
      code: given.code ?? "internal",
      message: given.message ?? "",
      hint: given.hint ?? "",
      fields: given.fields ?? [],
    };
  }
  console.error(thrown);
  noteScriptError(placeInStack(thrown));
  return apiError("Something inside Primer went wrong.", "Try again. If it stays, close Primer and open it again; nothing you saved is lost.");
}

function apiError(message: string, hint: string): ApiError {
  return { code: "internal", message, hint, fields: [] };
}
