import { describe, expect, it } from "vitest";
import { emptyModelFields, isModelTyped, keyPlaceWords, missingModelFields, modelFieldsOf, setModelRequest } from "./model-form";

const set = { base_url: "http://localhost:11434/v1", model: "llama3.2:3b", context_tokens: 8192, chapters_per_minute: 3, key: null };

describe("setting a model server", () => {
  it("asks for an address and a model, and for nothing else", () => {
    expect(missingModelFields(emptyModelFields()).map((one) => one.field)).toEqual(["baseUrl", "model"]);
    expect(missingModelFields({ ...emptyModelFields(), baseUrl: "localhost:11434", model: "m" })).toEqual([]);
  });

  it("takes a number of tokens as people write it, and none for the usual", () => {
    const fields = { ...emptyModelFields(), baseUrl: "a", model: "m" };
    expect(setModelRequest("u", { ...fields, contextTokens: "16 384" }).context_tokens).toBe(16384);
    expect(setModelRequest("u", { ...fields, contextTokens: " " }).context_tokens).toBeNull();
    expect(missingModelFields({ ...fields, contextTokens: "a lot" }).map((one) => one.field)).toEqual(["contextTokens"]);
  });

  it("sends no key where none was typed, so that the kept one stays", () => {
    expect(setModelRequest("u", modelFieldsOf(set))).toEqual({ user_id: "u", base_url: set.base_url, model: set.model, context_tokens: 8192, key: null });
    expect(setModelRequest("u", { ...modelFieldsOf(set), key: " sk-1\n" }).key).toBe("sk-1");
  });

  it("knows whether anything was typed", () => {
    const begun = modelFieldsOf(set);
    expect(isModelTyped({ ...begun }, begun)).toBe(false);
    expect(isModelTyped({ ...begun, key: "s" }, begun)).toBe(true);
  });

  it("says where a key is", () => {
    expect(keyPlaceWords(null)).toBeNull();
    expect(keyPlaceWords({ kind: "keychain" })).toContain("keychain");
    expect(keyPlaceWords({ kind: "file", path: "/home/a/secrets.json" })).toContain("file only you");
  });
});
