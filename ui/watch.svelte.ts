//! Looks at how something stands for a reader: when the engine says that it may have changed, when the window is looked at
//! again, and seldom by itself. Never while nobody can see the window.

/** What the shell tells the page by (`src-tauri/src/window.rs`). */
export const NEWS = "primer:news";

export abstract class Watch<Status> {
  status = $state.raw<Status | null>(null);
  private userId: string | null = null;
  private timer = 0;
  private looks = 0;
  private eagerUntil = 0;

  /** For so long after something was asked for or changed it is looked at closely. */
  protected abstract readonly eagerForMs: number;

  protected abstract ask(userId: string): Promise<Status>;

  protected abstract take(status: Status): void;

  /** How long until the next look; none while there is nothing that could change without a click here. */
  protected abstract nextAfterMs(): number | null;

  /** Whether to look as soon as the window can be seen again. */
  protected abstract isWorthALook(): boolean;

  protected begin(): void {
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") window.clearTimeout(this.timer);
      else this.lookIfWorth();
    });
    for (const news of [NEWS, "focus"]) window.addEventListener(news, () => this.lookIfWorth());
  }

  private lookIfWorth(): void {
    // The first look is on its way.
    if (this.status === null) return;
    if (document.visibilityState !== "hidden" && this.isWorthALook()) void this.look();
  }

  /** Whose it is about. */
  follow(userId: string | null): void {
    if (userId === this.userId) return;
    this.userId = userId;
    this.status = null;
    window.clearTimeout(this.timer);
    if (userId !== null) void this.look();
  }

  /** What is on its way when this is called is from before, and of no account. */
  async look(): Promise<void> {
    window.clearTimeout(this.timer);
    const userId = this.userId;
    if (userId === null) return;
    this.looks += 1;
    const look = this.looks;
    let status: Status | null = null;
    try {
      status = await this.ask(userId);
    } catch {
      // What was said last stays until it can be said anew.
    }
    // A later look, or another reader, has overtaken this one.
    if (look !== this.looks || userId !== this.userId) return;
    if (status !== null) this.take(status);
    this.wait();
  }

  protected beEager(): void {
    this.eagerUntil = performance.now() + this.eagerForMs;
  }

  protected isEager(): boolean {
    return performance.now() < this.eagerUntil;
  }

  /** Whether it stands otherwise than before. */
  protected show(status: Status): boolean {
    const differs = JSON.stringify(this.status) !== JSON.stringify(status);
    if (differs) this.status = status;
    return differs;
  }

  protected wait(): void {
    window.clearTimeout(this.timer);
    const after = this.nextAfterMs();
    if (this.userId === null || after === null || document.visibilityState === "hidden") return;
    this.timer = window.setTimeout(() => void this.look(), after);
  }
}
