//! Looks at how the rewriting of chapters stands while there is something to see, and never while nobody can see the
//! window. With no model set it looks once for each reader and then no more.
import { call } from "./api";
import type { RewritingStatus } from "./generated/commands";
import { lookAfterMs } from "./model/rewriting";
import { session } from "./session.svelte";

/** For so long after something was asked for it is looked at closely. */
const EAGER_FOR_MS = 5_000;

class RewritingWatch {
  status = $state.raw<RewritingStatus | null>(null);
  private userId: string | null = null;
  private timer = 0;
  private looks = 0;
  private changes: number | null = null;
  private eagerUntil = 0;

  constructor() {
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") window.clearTimeout(this.timer);
      else if (this.status?.is_on === true) void this.look();
    });
    $effect.root(() => {
      $effect(() => this.follow(session.reader?.id ?? null));
    });
  }

  /** Something was changed or asked for here; what the engine answered to it is given along. */
  soon(status: RewritingStatus | null = null): void {
    this.eagerUntil = performance.now() + EAGER_FOR_MS;
    // What is on its way is from before.
    this.looks += 1;
    if (status !== null) this.take(status);
    void this.look();
  }

  async look(): Promise<void> {
    window.clearTimeout(this.timer);
    const userId = this.userId;
    if (userId === null) return;
    this.looks += 1;
    const look = this.looks;
    let status: RewritingStatus | null = null;
    try {
      status = await call("rewriting_status", { user_id: userId });
    } catch {
      // What was said last stays until it can be said anew.
    }
    // A later look, or another reader, has overtaken this one.
    if (look !== this.looks || userId !== this.userId) return;
    if (status !== null) this.take(status);
    this.wait();
  }

  private follow(userId: string | null): void {
    if (userId === this.userId) return;
    this.userId = userId;
    this.status = null;
    this.changes = null;
    window.clearTimeout(this.timer);
    if (userId !== null) void this.look();
  }

  private take(status: RewritingStatus): void {
    if (JSON.stringify(this.status) !== JSON.stringify(status)) this.status = status;
    // The engine counts from its start, so the first look tells nothing new.
    const isNew = this.changes !== null && status.changes !== this.changes;
    this.changes = status.changes;
    if (isNew) void session.refresh();
  }

  private wait(): void {
    window.clearTimeout(this.timer);
    const after = lookAfterMs(this.status, performance.now() < this.eagerUntil);
    if (after === null || document.visibilityState === "hidden") return;
    this.timer = window.setTimeout(() => void this.look(), after);
  }
}

export const rewriting = new RewritingWatch();
