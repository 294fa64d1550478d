//! How sync stands, for as long as the window is open.
import { call } from "./api";
import type { SyncStatus } from "./generated/commands";
import { pollAfterMs } from "./model/sync";
import { Watch } from "./watch.svelte";

export type Told = {
  /** Something came from another computer. */
  arrived: () => void;
  /** It now stands so that only a person can mend it. */
  troubled: (status: SyncStatus) => void;
};

class SyncWatch extends Watch<SyncStatus> {
  /** Counts looks that may have found something new, so that lists of places and computers know when to look again. */
  changes = $state(0);
  protected readonly eagerForMs = 10_000;
  private told: Told | null = null;
  // The engine counts from its start, so the first look after a reload may only find too much.
  private arrived = 0;

  start(told: Told): void {
    this.told = told;
    this.begin();
    window.addEventListener("online", () => void this.networkIsBack());
  }

  /** Something was changed or asked for here, so a sync is about to begin. */
  soon(): void {
    this.beEager();
    this.wait();
  }

  protected ask(userId: string): Promise<SyncStatus> {
    return call("sync_status", { user_id: userId });
  }

  protected take(status: SyncStatus): void {
    const before = this.status;
    const differs = this.show(status);
    if (differs || this.isEager()) this.changes += 1;
    if (status.state === "needs_you" && before !== null && before.state !== "needs_you") this.told?.troubled(status);
    if (status.arrived !== this.arrived) {
      this.arrived = status.arrived;
      this.told?.arrived();
    }
  }

  protected nextAfterMs(): number | null {
    return pollAfterMs(this.status, this.isEager());
  }

  protected isWorthALook(): boolean {
    return true;
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
