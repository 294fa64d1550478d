//! The one door to the engine. Nothing else in the window imports @tauri-apps.
import { invoke } from "@tauri-apps/api/core";
import { openUrl } from "@tauri-apps/plugin-opener";
import type { ApiError, Commands } from "./generated/commands";

export type CommandName = keyof Commands;

/** Calls the engine. Always rejects with an `ApiError`, whatever went wrong on the way. */
export async function call<N extends CommandName>(
  name: N,
  request: Commands[N]["request"],
): Promise<Commands[N]["response"]> {
  try {
    return await invoke<Commands[N]["response"]>("call", { name, request });
  } catch (thrown) {
    throw asApiError(thrown);
  }
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
  return apiError("Something inside Primer went wrong.", "Try again. If it stays, close Primer and open it again; nothing you saved is lost.");
}

function apiError(message: string, hint: string): ApiError {
  return { code: "internal", message, hint, fields: [] };
}
