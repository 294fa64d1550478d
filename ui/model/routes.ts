//! The addresses inside the window: `#/`, `#/chapter/2`, `#/chapter/2/b-topics`, `#/compare/2`, `#/you`, `#/you/computers`, `#/welcome`,
//! `#/welcome/join`.

export type Route =
  | { room: "contents" }
  | { room: "chapter"; chapterId: number; place: string | null }
  | { room: "compare"; chapterId: number }
  | { room: "you"; section?: Section }
  | { room: "welcome" }
  | { room: "join" };

/** The parts of You that something outside of it leads to. */
export type Section = "computers" | "model";

const NUMBER = /^[1-9]\d{0,8}$/;

/** Reads an address. Anything unknown is the contents, so that a mistyped link never shows an empty page. */
export function parseRoute(hash: string): Route {
  const parts = hash.replace(/^#?\/?/, "").split("/").filter((part) => part !== "");
  const [room, id, place] = parts;
  if (room === "you") return id === "computers" || id === "model" ? { room: "you", section: id } : { room: "you" };
  if (room === "welcome") return { room: id === "join" ? "join" : "welcome" };
  if (room === "compare" && id !== undefined && NUMBER.test(id)) return { room: "compare", chapterId: Number(id) };
  if (room === "chapter" && id !== undefined && NUMBER.test(id)) {
    return { room: "chapter", chapterId: Number(id), place: place === undefined ? null : decoded(place) };
  }
  return { room: "contents" };
}

export function hashOf(route: Route): string {
  switch (route.room) {
    case "contents":
      return "#/";
    case "you":
      return route.section === undefined ? "#/you" : `#/you/${route.section}`;
    case "compare":
      return `#/compare/${route.chapterId}`;
    case "welcome":
      return "#/welcome";
    case "join":
      return "#/welcome/join";
    case "chapter": {
      const chapter = `#/chapter/${route.chapterId}`;
      return route.place === null ? chapter : `${chapter}/${encodeURIComponent(route.place)}`;
    }
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export type Destination =
  | { kind: "place"; id: string }
  | { kind: "route"; hash: string }
  | { kind: "outside"; url: string }
  | { kind: "nowhere" };

/** Where a link in a chapter leads. Only the app's own routes and http, https and mailto lead anywhere. */
export function destination(href: string | null): Destination {
  if (href === null || href === "" || href === "#") return { kind: "nowhere" };
  if (href.startsWith("#/")) return { kind: "route", hash: href };
  if (href.startsWith("#")) return { kind: "place", id: decoded(href.slice(1)) };
  if (/^(https?|mailto):/i.test(href) && URL.canParse(href)) {
    return { kind: "outside", url: new URL(href).href };
  }
  return { kind: "nowhere" };
}
