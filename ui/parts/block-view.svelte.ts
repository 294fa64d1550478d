//! One block that was chosen for this reader, and which of the author's texts it shows now.
import { asApiError, call } from "../api";
import type { ApiError, ShownBlock, Variant } from "../generated/commands";

export type Shown = Variant & { index: number };

export class BlockView {
  readonly block: ShownBlock;
  readonly chapterId: number;
  readonly userId: string;
  /** The author's other text that stands in place of the reader's, if any. */
  other = $state.raw<Shown | null>(null);
  error = $state.raw<ApiError | null>(null);

  constructor(block: ShownBlock, chapterId: number, userId: string) {
    this.block = block;
    this.chapterId = chapterId;
    this.userId = userId;
  }

  async choose(index: number): Promise<void> {
    this.error = null;
    try {
      const variant = await call("chapter_variant", { user_id: this.userId, chapter_id: this.chapterId, block_id: this.block.block_id, index });
      this.other = { ...variant, index };
    } catch (thrown) {
      this.error = asApiError(thrown);
    }
  }

  back(): void {
    this.other = null;
    this.error = null;
  }
}
