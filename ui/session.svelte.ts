//! What the whole window shares: who reads, how it looks, which room is open, and what was last said aloud.
//! A room is entered only when everything it shows has arrived, so the old page stays until then.
import { asApiError, call } from "./api";
import type { ApiError, Appearance, ChapterPage, Contents, ProfileForm, ProfileView, Reader, Startup, Storage } from "./generated/commands";
import { widthOf, type Width } from "./model/margin";
import { hashOf, parseRoute, type Route } from "./model/routes";

export type Room =
  | { kind: "welcome"; form: ProfileForm }
  | { kind: "contents"; contents: Contents }
  | { kind: "chapter"; page: ChapterPage; place: string | null }
  | { kind: "you"; form: ProfileForm; profile: ProfileView; storage: Storage }
  | { kind: "trouble"; error: ApiError };

export type Jump = { id: string | null; scrollY: number | null; serial: number };

const REMEMBERED = "primer.appearance";

class Session {
  startup = $state.raw<Startup | null>(null);
  appearance = $state.raw<Appearance>({ theme: "system", text_size_percent: 100 });
  route = $state.raw<Route>({ room: "contents" });
  room = $state.raw<Room | null>(null);
  /** Counts entries, so that entering the same room again builds it again. */
  serial = $state(0);
  opening = $state(false);
  jump = $state.raw<Jump>({ id: null, scrollY: null, serial: 0 });
  width = $state<Width>("wide");
  said = $state("");
  outside = $state<string | null>(null);
  keysShown = $state(false);
  /** Set by a room that holds edits which are not saved. */
  unsaved = $state(false);
  /** What the reader wanted to do when unsaved edits stopped it. */
  leaving = $state.raw<(() => void) | null>(null);
  /** Called while the old room still stands, so that a chapter can note where its reader was. */
  beforeSwap: (() => void) | null = null;
  private visit = 0;

  get reader(): Reader | null {
    return this.startup?.reader ?? null;
  }

  async start(): Promise<void> {
    this.recallAppearance();
    this.measure();
    window.addEventListener("resize", () => this.measure());
    window.addEventListener("hashchange", () => void this.arrive());
    await this.restart();
  }

  async restart(): Promise<void> {
    try {
      this.become(await call("startup", {}));
    } catch (thrown) {
      this.room = { kind: "trouble", error: asApiError(thrown) };
      this.serial += 1;
      return;
    }
    if (this.reader === null) this.replace({ room: "welcome" });
    await this.arrive();
  }

  /** Takes over who reads and how it looks for them. */
  become(startup: Startup): void {
    this.startup = startup;
    this.appearance = startup.appearance;
    this.applyAppearance();
  }

  async choose(reader: Reader): Promise<void> {
    this.become(await call("choose_reader", { user_id: reader.id }));
    this.say(`Reading as ${reader.name}.`);
  }

  go(route: Route): void {
    const hash = hashOf(route);
    if (location.hash === hash || (location.hash === "" && hash === "#/")) void this.arrive();
    else location.hash = hash;
  }

  replace(route: Route): void {
    history.replaceState(null, "", hashOf(route));
  }

  /** Moves within the chapter, remembering how far the page was scrolled for the way back. */
  goToPlace(id: string): void {
    if (this.route.room !== "chapter") return;
    history.replaceState({ scrollY: window.scrollY }, "");
    const hash = hashOf({ ...this.route, place: id });
    if (location.hash === hash) this.jumpTo(id, null);
    else location.hash = hash;
  }

  /** Does something that would lose unsaved edits only after the reader agreed to lose them. */
  leave(action: () => void): void {
    if (this.unsaved) this.leaving = action;
    else action();
  }

  async arrive(): Promise<void> {
    const wanted = parseRoute(location.hash);
    if (this.unsaved && wanted.room !== this.route.room) {
      this.replace(this.route);
      this.leaving = () => this.go(wanted);
      return;
    }
    const route: Route = this.reader === null ? { room: "welcome" } : wanted;
    const same = this.room?.kind === "chapter" && route.room === "chapter" && this.room.page.chapter_id === route.chapterId;
    this.route = route;
    if (same && route.room === "chapter" && !this.opening) {
      const state: unknown = history.state;
      const scrollY = typeof state === "object" && state !== null && "scrollY" in state && typeof state.scrollY === "number" ? state.scrollY : null;
      this.jumpTo(route.place, scrollY);
      return;
    }
    await this.enter(route);
  }

  /** Opens the room of the present address again, for instance after an error. */
  async again(): Promise<void> {
    if (this.startup === null) await this.restart();
    else await this.enter(this.route);
  }

  private async enter(route: Route): Promise<void> {
    this.visit += 1;
    const visit = this.visit;
    this.opening = true;
    let room: Room;
    try {
      room = await this.prepare(route);
    } catch (thrown) {
      room = { kind: "trouble", error: asApiError(thrown) };
    }
    // The reader has gone elsewhere while this was on its way.
    if (visit !== this.visit) return;
    this.opening = false;
    this.beforeSwap?.();
    this.beforeSwap = null;
    this.room = room;
    this.serial += 1;
  }

  private async prepare(route: Route): Promise<Room> {
    const user_id = this.reader?.id ?? "";
    switch (route.room) {
      case "welcome":
        return { kind: "welcome", form: await call("profile_form", {}) };
      case "contents":
        return { kind: "contents", contents: await call("list_chapters", { user_id }) };
      case "chapter":
        return { kind: "chapter", page: await call("open_chapter", { user_id, chapter_id: route.chapterId }), place: route.place };
      case "you": {
        const [form, profile, storage] = await Promise.all([call("profile_form", {}), call("get_profile", { user_id }), call("get_storage", {})]);
        return { kind: "you", form, profile, storage };
      }
    }
  }

  private jumpTo(id: string | null, scrollY: number | null): void {
    this.jump = { id, scrollY, serial: this.jump.serial + 1 };
  }

  say(sentence: string): void {
    // A live region that is given the same words twice stays silent; a no-break space makes them new.
    this.said = this.said === sentence ? `${sentence}\u00a0` : sentence;
  }

  async setAppearance(appearance: Appearance): Promise<void> {
    this.appearance = appearance;
    this.applyAppearance();
    try {
      await call("set_appearance", { user_id: this.reader?.id ?? null, appearance });
    } catch (thrown) {
      const error = asApiError(thrown);
      this.say(`${error.message} ${error.hint}`);
    }
  }

  private applyAppearance(): void {
    const page = document.documentElement;
    if (this.appearance.theme === "system") delete page.dataset["theme"];
    else page.dataset["theme"] = this.appearance.theme;
    page.style.fontSize = this.appearance.text_size_percent === 100 ? "" : `${this.appearance.text_size_percent}%`;
    this.measure();
    try {
      localStorage.setItem(REMEMBERED, JSON.stringify(this.appearance));
    } catch {
      // Only spares a flash of the other theme at the next start.
    }
  }

  // The engine knows better, but answers after the first paint.
  private recallAppearance(): void {
    try {
      const kept = JSON.parse(localStorage.getItem(REMEMBERED) ?? "null") as Appearance | null;
      if (kept !== null && typeof kept.text_size_percent === "number") {
        this.appearance = kept;
        this.applyAppearance();
      }
    } catch {
      // As above.
    }
  }

  private measure(): void {
    this.width = widthOf(window.innerWidth, Number.parseFloat(getComputedStyle(document.documentElement).fontSize));
    document.documentElement.dataset["width"] = this.width;
  }
}

export const session = new Session();
