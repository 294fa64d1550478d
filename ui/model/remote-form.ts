//! What is typed to add a place, and the request it becomes. Both kinds are kept while either is shown: nothing typed is lost.
import type { AddRemote, FieldError, Joining, Location, Style } from "../generated/commands";

export type RemoteFields = {
  kind: Location["kind"];
  path: string;
  endpoint: string;
  bucket: string;
  prefix: string;
  region: string;
  accessKeyId: string;
  secret: string;
  style: Style;
  caFile: string;
  proxy: string;
  sessionToken: string;
};

export const USUAL_REGION = "us-east-1";

export function emptyFields(): RemoteFields {
  return { kind: "folder", path: "", endpoint: "", bucket: "", prefix: "", region: USUAL_REGION, accessKeyId: "", secret: "", style: "auto", caFile: "", proxy: "", sessionToken: "" };
}

/** The fields of a place that is there already. Its secret stays where it is kept, so it is typed again. */
export function fieldsOf(location: Location): RemoteFields {
  if (location.kind === "folder") return { ...emptyFields(), kind: "folder", path: location.path, prefix: location.prefix };
  return {
    ...emptyFields(),
    kind: "s3",
    endpoint: location.endpoint,
    bucket: location.bucket,
    prefix: location.prefix,
    region: location.region,
    accessKeyId: location.access_key_id,
    style: location.style,
    caFile: location.ca_file ?? "",
    proxy: location.proxy ?? "",
  };
}

/** What no request can do without. Whether it is right, the engine and the place itself say. */
export function missingFields(fields: RemoteFields): FieldError[] {
  const missing: FieldError[] = [];
  const need = (field: keyof RemoteFields, message: string) => {
    if (fields[field].trim() === "") missing.push({ field, message });
  };
  if (fields.kind === "folder") {
    need("path", "Type where the folder is.");
  } else {
    need("endpoint", "Type the server's address.");
    need("bucket", "Type the bucket's name.");
    need("accessKeyId", "Type the access key ID.");
    need("secret", "Type the secret key.");
  }
  return missing;
}

export function requestOf(userId: string, fields: RemoteFields): AddRemote {
  const text = (field: Exclude<keyof RemoteFields, "kind" | "style">) => fields[field].trim();
  const optional = (field: "caFile" | "proxy" | "sessionToken") => (text(field) === "" ? null : text(field));
  if (fields.kind === "folder") {
    // A folder's name may begin or end with a space; only a line break was never meant.
    const path = fields.path.replace(/[\r\n]+$/, "");
    return { user_id: userId, location: { kind: "folder", path, prefix: text("prefix") }, secret_access_key: null, session_token: null };
  }
  return {
    user_id: userId,
    location: {
      kind: "s3",
      endpoint: text("endpoint"),
      bucket: text("bucket"),
      prefix: text("prefix"),
      region: text("region") === "" ? USUAL_REGION : text("region"),
      style: fields.style,
      access_key_id: text("accessKeyId"),
      ca_file: optional("caFile"),
      proxy: optional("proxy"),
    },
    // Copied keys often bring a space or a line break along; no key has any.
    secret_access_key: text("secret"),
    session_token: optional("sessionToken"),
  };
}

/** Whether anything is there that leaving would lose. */
export function isTyped(fields: RemoteFields, begun: RemoteFields): boolean {
  return (Object.keys(fields) as (keyof RemoteFields)[]).some((field) => field !== "kind" && fields[field] !== begun[field]);
}

/** Who and where a joining text is about, to be shown before it is used; null while it is none. The engine decides what one is. */
export function joiningOf(text: string): Joining | null {
  try {
    // An editor may have put a mark before it, which trimming takes away.
    const read: unknown = JSON.parse(text.trim());
    if (typeof read !== "object" || read === null) return null;
    const joining = read as Partial<Joining>;
    if (typeof joining.name !== "string" || typeof joining.user_id !== "string") return null;
    const location = joining.location as Partial<Location> | undefined;
    const isPlace = location?.kind === "folder" ? typeof location.path === "string" : location?.kind === "s3" && typeof location.bucket === "string" && typeof location.endpoint === "string";
    return isPlace ? (joining as Joining) : null;
  } catch {
    return null;
  }
}

/** The same text with the folder where it is on this computer: a stick has another path on each. */
export function withFolder(text: string, path: string): string {
  const joining = joiningOf(text);
  if (joining === null || joining.location.kind !== "folder" || path.trim() === "") return text;
  return JSON.stringify({ ...joining, location: { ...joining.location, path } });
}

/** “Amina, through the bucket course on s3.example.org”. */
export function joiningWords(joining: Joining): string {
  const { location } = joining;
  if (location.kind === "folder") return `${joining.name}, through a folder`;
  const host = location.endpoint.replace(/^[a-z]+:\/\//i, "").split(/[/?#]/)[0] ?? "";
  return `${joining.name}, through the bucket ${location.bucket} on ${host.split("@").at(-1) ?? host}`;
}
