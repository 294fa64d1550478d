import { describe, expect, it } from "vitest";
import { destination, hashOf, parseRoute, type Route } from "./routes";

describe("addresses", () => {
  it("an empty or unknown address is the contents", () => {
    for (const hash of ["", "#", "#/", "#/nowhere", "#/chapter", "#/chapter/0", "#/chapter/x", "#/chapter/-1", "#/chapter/99999999999"]) {
      expect(parseRoute(hash)).toEqual({ room: "contents" });
    }
  });

  it("a chapter is read with and without a place", () => {
    expect(parseRoute("#/chapter/2")).toEqual({ room: "chapter", chapterId: 2, place: null });
    expect(parseRoute("#/chapter/2/b-topics")).toEqual({ room: "chapter", chapterId: 2, place: "b-topics" });
  });

  it("every route survives being written and read, in any script", () => {
    const routes: Route[] = [
      { room: "contents" },
      { room: "you" },
      { room: "you", section: "computers" },
      { room: "you", section: "model" },
      { room: "compare", chapterId: 2 },
      { room: "welcome" },
      { room: "join" },
      { room: "chapter", chapterId: 6, place: null },
      { room: "chapter", chapterId: 1, place: "b-المقدمة" },
      { room: "chapter", chapterId: 1, place: "b-a%b/c" },
    ];
    for (const route of routes) expect(parseRoute(hashOf(route))).toEqual(route);
  });

  it("an unknown part of a room is the room", () => {
    expect(parseRoute("#/you/elsewhere")).toEqual({ room: "you" });
    expect(parseRoute("#/welcome/elsewhere")).toEqual({ room: "welcome" });
  });

  it("a broken percent sign is taken as it stands", () => {
    expect(parseRoute("#/chapter/2/b-50%")).toEqual({ room: "chapter", chapterId: 2, place: "b-50%" });
  });
});

describe("links in a chapter", () => {
  it("tell places, chapters and addresses outside apart", () => {
    expect(destination("#b-topics")).toEqual({ kind: "place", id: "b-topics" });
    expect(destination("#/chapter/2/b-topics")).toEqual({ kind: "route", hash: "#/chapter/2/b-topics" });
    expect(destination("https://docs.ros.org/a?b=c")).toEqual({ kind: "outside", url: "https://docs.ros.org/a?b=c" });
    expect(destination("mailto:a@example.org")).toEqual({ kind: "outside", url: "mailto:a@example.org" });
  });

  it("lead nowhere for any other scheme, a file or nothing", () => {
    for (const href of [null, "", "#", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "book://localhost/x", "02-ros2.md", "//example.org/x", " https://example.org", "http://"]) {
      expect(destination(href), String(href)).toEqual({ kind: "nowhere" });
    }
  });

  it("show a look-alike host in its true spelling", () => {
    expect(destination("https://gооgle.com/")).toEqual({ kind: "outside", url: "https://xn--ggle-55da.com/" });
  });
});
