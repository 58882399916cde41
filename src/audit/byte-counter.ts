import { AEAD_BYTES, type Block, TAG_BYTES } from "../ledger/block.ts";
import type { SegmentExt } from "../ledger/segment.ts";
import type { BlockContent, ByteCount } from "./audit-report.ts";

/** Of a header: the link to the block before, which is recomputed from that block. */
const LINK_BYTES = 32;
/** Of a header: what is recomputed from an opened payload, the root over its entries and the siv. */
const SEALED_HEADER_BYTES = 64;
/** Of an extension, beside the wraps: enc, read commitment and hand-off are 32 bytes each. */
const HASH_BYTES = 32;
/** Of a wrap: the key share, and the seed under it with 16 bytes of seal. */
const WRAP_SHARE_BYTES = 32;
const WRAP_SEED_BYTES = 48;

/** Accounts for every byte of a file: what of it was shown, and where something could be hidden. */
export class ByteCounter {
  #shown = 0;
  #hidden = 0;
  #recomputed = 0;
  #unchecked = 0;

  add(block: Block, { kind }: BlockContent): void {
    this.#recomputed += LINK_BYTES;
    this.#unchecked += block.selfTag === undefined ? TAG_BYTES : 2 * TAG_BYTES;
    const sealed = block.ciphertextLength - AEAD_BYTES;
    if (kind !== "opened") {
      this.#hidden += SEALED_HEADER_BYTES + block.ciphertextLength;
      return;
    }
    this.#shown += sealed;
    this.#recomputed += SEALED_HEADER_BYTES + AEAD_BYTES;
  }

  /** @param own how many of the wraps this auditor opened: 0 or 1. */
  addExtension(ext: SegmentExt, own: number): void {
    const others = ext.wraps.length - own;
    this.#unchecked += 2 * HASH_BYTES + others * (WRAP_SHARE_BYTES + WRAP_SEED_BYTES);
    this.#unchecked += own * WRAP_SHARE_BYTES;
    // The seed that was opened is held against the read commitment.
    this.#recomputed += own * WRAP_SEED_BYTES;
    if (own > 0) this.#recomputed += HASH_BYTES;
    else this.#unchecked += HASH_BYTES;
  }

  /** What a bundle has around its blocks: a tip proof, a root, a closing hash. */
  addFrame(isRootComputed: boolean): void {
    this.#unchecked += HASH_BYTES;
    this.#recomputed += isRootComputed ? 2 * HASH_BYTES : HASH_BYTES;
  }

  /** @param total bytes of the file. What is none of the others stands in the open. */
  count(total: number): ByteCount {
    const [shown, hidden] = [this.#shown, this.#hidden];
    const [recomputed, unchecked] = [this.#recomputed, this.#unchecked];
    const open = total - shown - hidden - recomputed - unchecked;
    return { total, open, shown, hidden, recomputed, unchecked };
  }
}
