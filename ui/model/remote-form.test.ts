import { describe, expect, it } from "vitest";
import type { Joining, Location } from "../generated/commands";
import { emptyFields, fieldsOf, isTyped, joiningOf, joiningWords, missingFields, requestOf, withFolder } from "./remote-form";

const server: Location = { kind: "s3", endpoint: "https://s3.example.org:9000", bucket: "course", prefix: "amina", region: "eu-1", style: "path", access_key_id: "AK", ca_file: "/etc/ca.pem", proxy: null };
const folder: Location = { kind: "folder", path: "/media/stick", prefix: "" };
const joining = (location: Location): Joining => ({ format: 1, user_id: "u", name: "Amina", location, secret_access_key: null, session_token: null });

describe("adding a place", () => {
  it("asks for nothing that the other kind needs", () => {
    expect(missingFields(emptyFields()).map((one) => one.field)).toEqual(["path"]);
    expect(missingFields({ ...emptyFields(), kind: "s3" }).map((one) => one.field)).toEqual(["endpoint", "bucket", "accessKeyId", "secret"]);
    expect(missingFields({ ...emptyFields(), path: "/stick" })).toEqual([]);
  });

  it("sends a folder as it was typed, spaces in its name and all", () => {
    const request = requestOf("u", { ...emptyFields(), path: "/media/my stick \n" });
    expect(request).toEqual({ user_id: "u", location: { kind: "folder", path: "/media/my stick ", prefix: "" }, secret_access_key: null, session_token: null });
  });

  it("sends a server without the spaces that copying brings along", () => {
    const request = requestOf("u", { ...emptyFields(), kind: "s3", endpoint: " s3.example.org ", bucket: "course\n", accessKeyId: " AK", secret: " secret\n", region: " " });
    expect(request.location).toMatchObject({ endpoint: "s3.example.org", bucket: "course", access_key_id: "AK", region: "us-east-1", ca_file: null, proxy: null });
    expect([request.secret_access_key, request.session_token]).toEqual(["secret", null]);
  });

  it("begins from a place that is there, but for its secret", () => {
    const fields = fieldsOf(server);
    expect(requestOf("u", { ...fields, secret: "s" }).location).toEqual(server);
    expect(fields.secret).toBe("");
    expect(requestOf("u", fieldsOf(folder)).location).toEqual(folder);
  });

  it("knows whether anything was typed; looking at the other kind is not typing", () => {
    const begun = emptyFields();
    expect(isTyped({ ...begun, kind: "s3" }, begun)).toBe(false);
    expect(isTyped({ ...begun, secret: "s" }, begun)).toBe(true);
  });
});

describe("a joining text", () => {
  it("tells whose it is before it is used", () => {
    expect(joiningWords(joiningOf(JSON.stringify(joining(folder)))!)).toBe("Amina, through a folder");
    expect(joiningWords(joiningOf(`\uFEFF${JSON.stringify(joining(folder))}`)!)).toBe("Amina, through a folder");
    expect(joiningWords(joiningOf(JSON.stringify(joining(server)))!)).toBe("Amina, through the bucket course on s3.example.org:9000");
  });

  it("is none while it is cut short, empty, or something else", () => {
    const whole = JSON.stringify(joining(server));
    for (const text of ["", "{", whole.slice(0, -1), "null", "[]", "{}", '"Amina"', '{"name":"x","user_id":"u"}', '{"name":"x","user_id":"u","location":{"kind":"folder"}}']) {
      expect(joiningOf(text), text).toBeNull();
    }
  });

  it("finds the folder where it is on this computer", () => {
    const text = JSON.stringify(joining(folder));
    expect(joiningOf(withFolder(text, "/run/media/stick"))?.location).toEqual({ ...folder, path: "/run/media/stick" });
    expect(withFolder(text, "  ")).toBe(text);
    expect(withFolder(JSON.stringify(joining(server)), "/x")).toBe(JSON.stringify(joining(server)));
    expect(withFolder("nonsense", "/x")).toBe("nonsense");
  });
});
