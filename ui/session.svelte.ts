//! What the whole window shares: who reads, how it looks, which room is open, and what was last said aloud.
//! A room is entered only when everything it shows has arrived, so the old page stays until then. What comes from another
//! computer while a room stands open takes its place there; only the text of a chapter waits until its reader wants it.
import { untrack } from "svelte";
import { asApiError, call } from "./api";
import type { ApiError, Appearance, ChapterPage, Comparison, ComputerView, Contents, CrashReport, ModelView, ProfileForm, ProfileView, Reader, RemoteView, Startup, Storage, StoredChapter, SyncSettings } from "./generated/commands";
import { takeAgain } from "./model/again";
import { HANDED } from "./model/handed";
import { widthOf, type Width } from "./model/margin";
import { hashOf, parseRoute, type Route } from "./model/routes";
import { sync } from "./sync.svelte";
import type { Seen } from "./views/seen";

export type SyncView = { remotes: RemoteView[]; computers: ComputerView[]; settings: SyncSettings };

export type Room =
  | { kind: "welcome"; form: ProfileForm }
  | { kind: "contents"; contents: Contents }
  | { kind: "chapter"; page: ChapterPage; place: string | null; seen: readonly Seen[] }
  | { kind: "you"; form: ProfileForm; profile: ProfileView; storage: Storage; stored: StoredChapter[]; syncing: SyncView; model: ModelView }
  | { kind: "compare"; comparison: Comparison }
  | { kind: "join" }
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
  /** What the program left behind when it stopped unexpectedly, until its reader has seen to it. */
  crash = $state.raw<CrashReport | null>(null);
  /** The open chapter as it would be shown now, while its reader still has it as it was. */
  newer = $state.raw<ChapterPage | null>(null);
  /** A newer edition of the book is here, and its reader wants to read on in this one. */
  readsOn = $state(false);
  /** The forms that hold edits which are not saved. */
  private holding = $state.raw<readonly string[]>([]);
  /** What the reader wanted to do when unsaved edits stopped it. */
  leaving = $state.raw<(() => void) | null>(null);
  /** Called while the old room still stands, so that a chapter can note where its reader was. */
  beforeSwap: (() => void) | null = null;
  /** The same while the room goes on standing, until it is noted. */
  keepPlace: (() => Promise<void>) | null = null;
  /** The chapter that is opened first is one that its reader left a moment ago, for a newer edition of the book. */
  goesOn = takeAgain();
  private visit = 0;
  /** Something arrived while a room was being entered, whose answers may be from before. */
  private refreshAfter = false;

  get unsaved(): boolean {
    return this.holding.length > 0;
  }

  /** Notes whether a form holds edits that leaving would lose. */
  hold(form: string, holds: boolean): void {
    // Forms tell it from effects, which must not run again because another form did.
    const holding = untrack(() => this.holding);
    if (holding.includes(form) === holds) return;
    this.holding = holds ? [...holding, form] : holding.filter((each) => each !== form);
  }

  /** The reader agreed to lose what is not saved. */
  letGo(): void {
    this.holding = [];
  }

  get reader(): Reader | null {
    return this.startup?.reader ?? null;
  }

  async start(): Promise<void> {
    this.recallAppearance();
    this.measure();
    window.addEventListener("resize", () => this.measure());
    window.addEventListener("hashchange", () => void this.arrive());
    window.addEventListener(HANDED, () => this.go({ room: "join" }));
    sync.start({ arrived: () => void this.refresh(), troubled: (status) => this.say(status.sentence) });
    await this.restart();
    // After the first room stands: it must not wait for this.
    try {
      this.crash = await call("crash_report", {});
    } catch {
      // A report that can't be had keeps nobody from reading.
    }
  }

  async restart(): Promise<void> {
    try {
      this.become(await call("startup", {}));
    } catch (thrown) {
      this.room = { kind: "trouble", error: asApiError(thrown) };
      this.serial += 1;
      return;
    }
    // Whoever reads on another computer already may begin with joining.
    if (this.reader === null && parseRoute(location.hash).room !== "join") this.replace({ room: "welcome" });
    await this.arrive();
  }

  /** Takes over who reads and how it looks for them. */
  become(startup: Startup): void {
    this.startup = startup;
    this.appearance = startup.appearance;
    this.applyAppearance();
    sync.follow(this.reader?.id ?? null);
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
    const route: Route = this.reader === null && wanted.room !== "join" ? { room: "welcome" } : wanted;
    const same = this.room?.kind === "chapter" && route.room === "chapter" && this.room.page.chapter_id === route.chapterId;
    this.route = route;
    if (same && route.room === "chapter" && !this.opening) {
      const state: unknown = history.state;
      const scrollY = typeof state === "object" && state !== null && "scrollY" in state && typeof state.scrollY === "number" ? state.scrollY : null;
      this.jumpTo(route.place, scrollY);
      return;
    }
    // Building You again would throw away what is typed in it.
    if (this.room?.kind === "you" && route.room === "you" && !this.opening) {
      this.jumpTo(route.section ?? null, null);
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
    this.swap(room);
    // A chapter that was written just now is sent on before long.
    if (room.kind === "chapter" && room.page.generated) sync.soon();
    if (this.refreshAfter) void this.refresh();
  }

  private swap(room: Room): void {
    this.beforeSwap?.();
    this.beforeSwap = null;
    this.keepPlace = null;
    this.newer = null;
    this.room = room;
    this.serial += 1;
  }

  /** Brings the open room up to date with what came from another computer. Nothing is built again, moved or overwritten. */
  async refresh(): Promise<void> {
    if (this.opening) {
      this.refreshAfter = true;
      return;
    }
    this.refreshAfter = false;
    const [room, reader, visit] = [this.room, this.reader, this.visit];
    if (room === null || reader === null) return;
    const user_id = reader.id;
    try {
      const [startup, now] = await Promise.all([call("startup", {}), this.renewed(room, user_id)]);
      if (visit !== this.visit || this.startup?.reader?.id !== user_id) return;
      // Names may have changed elsewhere; how the page looks belongs to this computer.
      if (startup.reader?.id === user_id) this.startup = { ...this.startup, reader: startup.reader, readers: startup.readers };
      if (now.kind !== "chapter") this.room = now;
      else if (room.kind === "chapter") this.newer = now.page.html === room.page.html ? null : now.page;
    } catch {
      // What is shown stays as it is; the next arrival or visit tries again.
    }
  }

  private async renewed(room: Room, user_id: string): Promise<Room> {
    switch (room.kind) {
      case "contents":
        return { ...room, contents: await call("list_chapters", { user_id }) };
      case "chapter":
        return { ...room, page: await call("open_chapter", { user_id, chapter_id: room.page.chapter_id }) };
      case "you": {
        const [profile, storage, stored, settings, model] = await Promise.all([
          call("get_profile", { user_id }),
          call("get_storage", {}),
          call("stored_chapters", { user_id }),
          call("get_sync_settings", { user_id }),
          call("model_settings", { user_id }),
        ]);
        return { ...room, profile, storage, stored, syncing: { ...room.syncing, settings }, model };
      }
      case "compare":
        return { ...room, comparison: await call("compare_rewrite", { user_id, chapter_id: room.comparison.chapter_id, before: room.comparison.before, after: room.comparison.after }) };
      case "welcome":
      case "join":
      case "trouble":
        return room;
    }
  }

  /** Shows the chapter as it is now, with what its reader has before them in the same place. */
  showNewer(seen: readonly Seen[], position: string | null, progress: number): void {
    if (this.newer === null) return;
    // Not as if it had been written for this visit: it does not begin at its beginning.
    const page = { ...this.newer, generated: false, position: position ?? this.newer.position, progress };
    this.visit += 1;
    this.swap({ kind: "chapter", page, place: null, seen });
  }

  /** Has the program started again with the newer edition of the book that is here, where its reader is now. Gives what went
   * wrong; if nothing did, this page is about to end. */
  async openNewerBook(): Promise<ApiError | null> {
    const chapter_id = this.room?.kind === "chapter" ? this.room.page.chapter_id : null;
    try {
      await this.keepPlace?.();
      await call("open_newer_book", { chapter_id });
      this.say("Primer opens the newer edition.");
      return null;
    } catch (thrown) {
      return asApiError(thrown);
    }
  }

  /** Shows two other texts of the chapter side by side. */
  compared(comparison: Comparison): void {
    if (this.room?.kind === "compare") this.room = { ...this.room, comparison };
  }

  private async prepare(route: Route): Promise<Room> {
    const user_id = this.reader?.id ?? "";
    switch (route.room) {
      case "welcome":
        return { kind: "welcome", form: await call("profile_form", {}) };
      case "contents":
        return { kind: "contents", contents: await call("list_chapters", { user_id }) };
      case "chapter":
        return { kind: "chapter", page: await call("open_chapter", { user_id, chapter_id: route.chapterId }), place: route.place, seen: [] };
      case "you": {
        const [form, profile, storage, stored, remotes, computers, settings, model] = await Promise.all([
          call("profile_form", {}),
          call("get_profile", { user_id }),
          call("get_storage", {}),
          call("stored_chapters", { user_id }),
          call("list_remotes", { user_id }),
          call("list_computers", { user_id }),
          call("get_sync_settings", { user_id }),
          call("model_settings", { user_id }),
          sync.look(),
          // No start needs the room's own script; it has arrived with everything else that the room shows.
          import("./views/You.svelte"),
        ]);
        return { kind: "you", form, profile, storage, stored, syncing: { remotes, computers, settings }, model };
      }
      case "compare": {
        const [comparison] = await Promise.all([call("compare_rewrite", { user_id, chapter_id: route.chapterId, before: null, after: null }), import("./views/Compare.svelte")]);
        return { kind: "compare", comparison };
      }
      case "join":
        return { kind: "join" };
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
