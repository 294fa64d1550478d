//! Knows which section is being read and tells the engine, a second after the page came to rest and on leaving.
import { call } from "../api";
import type { ChapterPage } from "../generated/commands";
import { lastAbove, progressOf, type Heading } from "../model/place";
import { READ_FROM } from "../model/sentences";
import { isShown } from "../parts/article-dom";

const REST_MS = 1000;
/** The line that a heading passes to become the current one: a fifth of the window from the top. */
const LINE_SHARE = 0.2;
/** Below the header that stays in place. */
const TOP_PX = 64;
const PARTS = "p, li, pre, h1, h2, h3, h4, figure, table, math, summary";

type Anchor = { element: Element; top: number };

export class PlaceKeeper {
  current = $state<string | null>(null);
  private article: HTMLElement | null = null;
  private elements: HTMLElement[] = [];
  private observer: IntersectionObserver | null = null;
  private sizes: ResizeObserver | null = null;
  private anchor: Anchor | null = null;
  private measure = "";
  private frame = 0;
  private timer = 0;
  private saved = "";
  private saving: Promise<void> = Promise.resolve();
  private stopped = false;
  private readonly userId: string;
  private readonly page: ChapterPage;

  constructor(userId: string, page: ChapterPage) {
    this.userId = userId;
    this.page = page;
  }

  /** Watches a text: the reader's own, or the original after the key O. */
  watch(article: HTMLElement): void {
    if (this.article === null) {
      window.addEventListener("scroll", this.moved, { passive: true });
      window.addEventListener("pagehide", this.flush);
      document.addEventListener("visibilitychange", this.hidden);
    }
    this.article = article;
    this.elements = [...article.querySelectorAll<HTMLElement>("h1[id], h2[id], h3[id], h4[id]")];
    this.observer?.disconnect();
    // The observed area reaches from far above the page down to the line, so each heading that passes the line
    // tells of it in either direction, however fast the page moves.
    this.observer = new IntersectionObserver(() => this.look(), { rootMargin: `9999999px 0px -${100 - LINE_SHARE * 100}% 0px` });
    for (const element of this.elements) this.observer.observe(element);
    this.look();
    this.sizes?.disconnect();
    this.measure = this.lineMeasure();
    this.sizes = new ResizeObserver(() => this.remeasured());
    this.sizes.observe(article);
    // A picture that arrives above the line makes room for itself without moving what is being read.
    article.addEventListener("load", () => this.restore(), true);
    void document.fonts.ready.then(() => this.restore());
  }

  /** Keeps what stands at the top of the window where it is, whatever changes above it. */
  hold(): void {
    this.anchor = this.atTop();
  }

  /** Notes the place for the last time. Must be called while the text is still in the page. */
  stop(): void {
    this.flush();
    this.stopped = true;
    this.observer?.disconnect();
    this.sizes?.disconnect();
    cancelAnimationFrame(this.frame);
    window.removeEventListener("scroll", this.moved);
    window.removeEventListener("pagehide", this.flush);
    document.removeEventListener("visibilitychange", this.hidden);
  }

  /** The headings with their tops from the top of the window, those inside of closed answers left out. */
  headings(): Heading[] {
    return this.elements.filter((element) => isShown(element)).map((element) => ({ id: element.id, top: element.getBoundingClientRect().top }));
  }

  /** How far the page scrolls until the text's last line is in the window. */
  way(): number {
    if (this.article === null) return 0;
    const box = this.article.getBoundingClientRect();
    return Math.max(0, box.bottom + window.scrollY - window.innerHeight);
  }

  /** The section that is being read, and which share of the way the page is scrolled. */
  place(): { position: string; progress: number } | null {
    if (this.article === null || !this.article.isConnected) return null;
    const box = this.article.getBoundingClientRect();
    const progress = progressOf(window.scrollY, box.top + window.scrollY, box.height, window.innerHeight);
    const position = lastAbove(this.headings(), window.innerHeight * LINE_SHARE) ?? this.elements[0]?.id ?? this.page.toc[0]?.id;
    return position === undefined ? null : { position, progress };
  }

  private look(): void {
    this.current = lastAbove(this.headings(), window.innerHeight * LINE_SHARE);
  }

  // Another width of the window or another size of the text breaks the lines anew; the place stays.
  private remeasured(): void {
    const measure = this.lineMeasure();
    if (measure === this.measure) return;
    this.measure = measure;
    this.restore();
  }

  private lineMeasure(): string {
    if (this.article === null) return "";
    return `${this.article.clientWidth} ${getComputedStyle(this.article).fontSize}`;
  }

  private atTop(): Anchor | null {
    if (this.article === null || window.scrollY < 1) return null;
    const box = this.article.getBoundingClientRect();
    for (const y of [TOP_PX, TOP_PX + 24, TOP_PX + 60]) {
      const element = document.elementFromPoint(box.left + box.width / 3, y)?.closest(PARTS);
      if (element && this.article.contains(element)) return { element, top: element.getBoundingClientRect().top };
    }
    return null;
  }

  private restore(): void {
    if (this.stopped || this.anchor === null || !this.anchor.element.isConnected) return;
    const moved = this.anchor.element.getBoundingClientRect().top - this.anchor.top;
    if (Math.abs(moved) > 1) window.scrollBy(0, moved);
  }

  private readonly moved = (): void => {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.hold());
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(this.flush, REST_MS);
  };

  private readonly hidden = (): void => {
    if (document.visibilityState === "hidden") this.flush();
  };

  private readonly flush = (): void => void this.save();

  /** Notes the place, until it is noted. */
  save(): Promise<void> {
    window.clearTimeout(this.timer);
    const now = this.place();
    if (this.stopped || now === null) return this.saving;
    const { position, progress } = now;
    // A chapter that was read to its end stays read when its reader looks something up in it.
    const reached = this.page.progress >= READ_FROM && !this.page.generated ? Math.max(this.page.progress, progress) : progress;
    const place = `${position} ${reached.toFixed(4)}`;
    if (place === this.saved) return this.saving;
    this.saved = place;
    const saving = call("save_position", { user_id: this.userId, chapter_id: this.page.chapter_id, position, progress: reached }).then(
      () => undefined,
      () => {
        // Reading goes on; the next rest of the page tries again.
        this.saved = "";
      },
    );
    this.saving = saving;
    return saving;
  }
}
