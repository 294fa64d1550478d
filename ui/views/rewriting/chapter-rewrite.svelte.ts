//! The rewriting of the open chapter: what its reader can do about it, and how it stands.
import { asApiError, call } from "../../api";
import type { ApiError, RewriteEstimate, RewritingStatus } from "../../generated/commands";
import { spokenProgress, standingOf, type Standing } from "../../model/rewriting";
import { rewriting } from "../../rewriting.svelte";
import { session } from "../../session.svelte";

export class ChapterRewrite {
  readonly userId: string;
  readonly chapterId: number;
  error = $state.raw<ApiError | null>(null);
  /** What it would take, while its reader has not said yes to it. */
  offer = $state.raw<(RewriteEstimate & { again: boolean }) | null>(null);
  /** The line at the foot of the window: while something was asked for here, until its reader puts it away. */
  opened = $state(false);
  watches = $state(false);
  private busy = false;
  private hidden = $state(false);
  private before: Standing = { kind: "off" };
  readonly standing = $derived.by(() => standingOf(rewriting.status, this.chapterId));

  constructor(userId: string, chapterId: number) {
    this.userId = userId;
    this.chapterId = chapterId;
    void rewriting.look();
    $effect(() => {
      const standing = this.standing;
      const sentence = spokenProgress(this.before, standing);
      this.before = standing;
      if (sentence !== null) session.say(sentence);
      if (standing.kind === "idle" || standing.kind === "off") this.watches = false;
    });
  }

  /** Whether the line stands at the foot of the window. What only waits does not lie over the page unasked. */
  get hasLine(): boolean {
    if (this.error !== null || this.offer !== null) return true;
    if (this.standing.kind === "under_way") return !this.hidden || this.opened;
    if (!this.opened) return false;
    return this.standing.kind === "waiting" || (this.standing.kind === "idle" && this.standing.ended !== null);
  }

  get canAsk(): boolean {
    return this.standing.kind === "idle";
  }

  /** Says first what it will take. */
  ask(again: boolean): Promise<void> {
    return this.attempt(async () => {
      this.opened = false;
      this.offer = { ...(await call("estimate_rewrite", { user_id: this.userId, chapter_id: this.chapterId })), again };
    });
  }

  begin(again: boolean): Promise<void> {
    return this.attempt(async () => {
      const status = await call("wish_rewrite", { user_id: this.userId, chapter_id: this.chapterId, again });
      this.take(status);
      this.offer = null;
      this.show();
    });
  }

  cancel(): Promise<void> {
    return this.attempt(async () => {
      this.take(await call("cancel_rewrite", { user_id: this.userId, chapter_id: this.chapterId }));
      this.opened = false;
      session.say("Cancelled. The chapter stays as it is.");
    });
  }

  show(): void {
    [this.opened, this.hidden] = [true, false];
  }

  hide(): void {
    [this.opened, this.hidden, this.watches, this.error, this.offer] = [false, true, false, null, null];
  }

  private take(status: RewritingStatus): void {
    rewriting.soon(status);
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      await work();
    } catch (thrown) {
      this.error = asApiError(thrown);
    } finally {
      this.busy = false;
    }
  }
}
