import { erase } from "../crypto/erase.ts";
import { SEGMENT_BLOCKS } from "../ledger/block.ts";
import { forwardKey } from "../ledger/keys.ts";

/**
 * The read keys of one segment, walked forwards from the seed that an auditor is given. There is no
 * auth chain beside it: nothing here can make a tag.
 */
export class ReadChain {
  readonly segment: number;
  /** Index of the SEGMENT block. The seed is the key of the block after it. */
  readonly start: number;
  #at: number;
  #key: Uint8Array;

  constructor(segment: number, start: number, seed: Uint8Array) {
    this.segment = segment;
    this.start = start;
    this.#at = start + 1;
    this.#key = seed;
  }

  /** The key of a place; undefined where this segment has none, or it was passed already. */
  keyAt(index: number): Uint8Array | undefined {
    if (index < this.#at || index > this.start + SEGMENT_BLOCKS) return undefined;
    if (index > this.#at) {
      const key = forwardKey(this.#key, index - this.#at);
      erase(this.#key);
      [this.#key, this.#at] = [key, index];
    }
    return this.#key;
  }

  erase(): void {
    erase(this.#key);
  }
}
