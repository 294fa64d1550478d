//! How the rewriting of chapters stands, while there is something to see. With no model set it looks once for each reader
//! and then no more. Only rooms that show it import it, so that a start asks nothing.
import { call } from "./api";
import type { RewritingStatus } from "./generated/commands";
import { lookAfterMs } from "./model/rewriting";
import { session } from "./session.svelte";
import { Watch } from "./watch.svelte";

class RewritingWatch extends Watch<RewritingStatus> {
  protected readonly eagerForMs = 5_000;

  constructor() {
    super();
    this.begin();
    $effect.root(() => {
      $effect(() => this.follow(session.reader?.id ?? null));
    });
  }

  /** Something was changed or asked for here; what the engine answered to it is given along. */
  soon(status: RewritingStatus | null = null): void {
    this.beEager();
    if (status !== null) this.take(status);
    void this.look();
  }

  protected ask(userId: string): Promise<RewritingStatus> {
    return call("rewriting_status", { user_id: userId });
  }

  protected take(status: RewritingStatus): void {
    const before = this.status;
    this.show(status);
    // The engine counts from its start, so the first look tells nothing new.
    if (before !== null && before.changes !== status.changes) void session.refresh();
  }

  protected nextAfterMs(): number | null {
    return lookAfterMs(this.status, this.isEager());
  }

  protected isWorthALook(): boolean {
    return this.status?.is_on === true;
  }
}

export const rewriting = new RewritingWatch();
