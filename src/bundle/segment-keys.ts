import { erase } from "../crypto/erase.ts";
import { NATIVE } from "../crypto/keyed.ts";
import { SEGMENT_BLOCKS } from "../ledger/block.ts";
import { type ChainKeys, forwardKey } from "../ledger/keys.ts";

/** The two key chains of one segment, walked forwards from its seeds. */
export class SegmentKeys {
  readonly segment: number;
  /** Index of the SEGMENT block. The seeds are the keys of the block after it. */
  readonly start: number;
  #at: number;
  #auth: Uint8Array;
  #read: Uint8Array;

  constructor(segment: number, start: number, seeds: ChainKeys) {
    this.segment = segment;
    this.start = start;
    this.#at = start + 1;
    this.#auth = seeds.auth;
    this.#read = seeds.read;
  }

  /** True for the places whose keys this segment has and that were not passed yet. */
  reaches(index: number): boolean {
    return index >= this.#at && index <= this.start + SEGMENT_BLOCKS;
  }

  /** The auth key of a place further on, without going there. */
  authAt(index: number): Uint8Array {
    return forwardKey(this.#auth, index - this.#at, NATIVE);
  }

  /** The keys of a place; earlier ones are gone afterwards. They are views: use them, do not keep them. */
  moveTo(index: number): ChainKeys {
    const steps = index - this.#at;
    if (steps > 0) {
      const auth = forwardKey(this.#auth, steps, NATIVE);
      const read = forwardKey(this.#read, steps, NATIVE);
      erase(this.#auth, this.#read);
      [this.#auth, this.#read, this.#at] = [auth, read, index];
    }
    return { auth: this.#auth, read: this.#read };
  }
}
