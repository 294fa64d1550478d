//! Looks at how sync stands, as often as it may change, and never while nobody can see the window.
import { call } from "./api";
import type { SyncStatus } from "./generated/commands";
import { pollAfterMs } from "./model/sync";

/** For so long after something was asked for or changed it is looked at closely. */
const EAGER_FOR_MS = 10_000;

export type Told = {
  /** Something came from another computer. */
  arrived: () => void;
  /** It now stands so that only a person can mend it. */
  troubled: (status: SyncStatus) => void;
};

class SyncWatch {
  status = $state.raw<SyncStatus | null>(null);
  /** Counts looks that may have found something new, so that lists of places and computers know when to look again. */
  changes = $state(0);
  private userId: string | null = null;
  private told: Told | null = null;
  private timer = 0;
  private looks = 0;
  // The engine counts from its start, so the first look after a reload may only find too much.
  private arrived = 0;
  private eagerUntil = 0;

  start(told: Told): void {
    this.told = told;
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") window.clearTimeout(this.timer);
      else void this.look();
    });
    window.addEventListener("online", () => void this.networkIsBack());
  }

  /** Whose sync it is about. */
  follow(userId: string | null): void {
    if (userId === this.userId) return;
    this.userId = userId;
    this.status = null;
    if (userId === null) window.clearTimeout(this.timer);
    else void this.look();
  }

  /** Something was changed or asked for here, so a sync is about to begin. */
  soon(): void {
    this.eagerUntil = performance.now() + EAGER_FOR_MS;
    this.wait();
  }

  async look(): Promise<void> {
    window.clearTimeout(this.timer);
    const userId = this.userId;
    if (userId === null) return;
    this.looks += 1;
    const look = this.looks;
    let status: SyncStatus | null = null;
    try {
      status = await call("sync_status", { user_id: userId });
    } catch {
      // What was said last stays until it can be said anew.
    }
    // A later look, or another reader, has overtaken this one.
    if (look !== this.looks || userId !== this.userId) return;
    if (status !== null) this.take(status);
    this.wait();
  }

  private take(status: SyncStatus): void {
    const before = this.status;
    const differs = JSON.stringify(before) !== JSON.stringify(status);
    if (differs) this.status = status;
    if (differs || this.isEager()) this.changes += 1;
    if (status.state === "needs_you" && before !== null && before.state !== "needs_you") this.told?.troubled(status);
    if (status.arrived !== this.arrived) {
      this.arrived = status.arrived;
      this.told?.arrived();
    }
  }

  private wait(): void {
    window.clearTimeout(this.timer);
    if (this.userId === null || document.visibilityState === "hidden") return;
    this.timer = window.setTimeout(() => void this.look(), pollAfterMs(this.status, this.isEager()));
  }

  private isEager(): boolean {
    return performance.now() < this.eagerUntil;
  }

  private async networkIsBack(): Promise<void> {
    try {
      await call("network_is_back", {});
    } catch {
      // Its own time comes for the next sync anyway.
    }
    this.soon();
  }
}

export const sync = new SyncWatch();
