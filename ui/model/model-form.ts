//! What is typed to set a model server, and the request it becomes.
import type { FieldError, ModelChoice, SecretPlaceView, SetModel } from "../generated/commands";

export type ModelFields = { baseUrl: string; model: string; key: string; contextTokens: string };

export function emptyModelFields(): ModelFields {
  return { baseUrl: "", model: "", key: "", contextTokens: "" };
}

/** The fields of a server that is set already. Its key stays where it is kept. */
export function modelFieldsOf(choice: ModelChoice): ModelFields {
  return { baseUrl: choice.base_url, model: choice.model, key: "", contextTokens: String(choice.context_tokens) };
}

/** What no request can do without. Whether it is right, the engine and the server itself say. */
export function missingModelFields(fields: ModelFields): FieldError[] {
  const missing: FieldError[] = [];
  if (fields.baseUrl.trim() === "") missing.push({ field: "baseUrl", message: "Type the server's address." });
  if (fields.model.trim() === "") missing.push({ field: "model", message: "Choose a model, or type its name." });
  if (!/^\s*[\d\s.,'’]*$/.test(fields.contextTokens)) missing.push({ field: "contextTokens", message: "Type a whole number, such as 8192, or nothing." });
  return missing;
}

export function setModelRequest(userId: string, fields: ModelFields): SetModel {
  const digits = fields.contextTokens.replace(/\D/g, "");
  // Copied keys often bring a space or a line break along; no key has any.
  const key = fields.key.trim();
  return { user_id: userId, base_url: fields.baseUrl.trim(), model: fields.model.trim(), context_tokens: digits === "" ? null : Number(digits), key: key === "" ? null : key };
}

/** Whether anything is there that leaving would lose. */
export function isModelTyped(fields: ModelFields, begun: ModelFields): boolean {
  return (Object.keys(fields) as (keyof ModelFields)[]).some((field) => fields[field] !== begun[field]);
}

/** Where a key is kept that is kept already; none where there is none. */
export function keyPlaceWords(key: SecretPlaceView | null): string | null {
  if (key === null) return null;
  return key.kind === "keychain" ? "Its key is kept in this computer's keychain." : "Its key is kept in a file only you can read:";
}
