import { sha256Public } from "../crypto/hash.ts";

/** The root of a tree without leaves (RFC 6962, section 2.1): SHA-256 of nothing. */
export const EMPTY_ROOT: Uint8Array = sha256Public();

/** `SHA-256(0x00 || data)`. */
export function leafHash(...data: readonly Uint8Array[]): Uint8Array {
  return sha256Public(LEAF, ...data);
}

/** `SHA-256(0x01 || left || right)`. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256Public(NODE, left, right);
}

/** The root over leaves given by their hashes. */
export function rootOf(leafHashes: readonly Uint8Array[]): Uint8Array {
  return leafHashes.reduce((frontier, leaf) => frontier.append(leaf), Frontier.empty()).root();
}

/**
 * The right edge of a tree: the roots of its complete subtrees, left to right, the largest first,
 * one for each set bit of the size. Enough to append and to name the root; at most 53 hashes.
 * Immutable: `append` gives a new one.
 */
export class Frontier {
  readonly size: number;
  readonly hashes: readonly Uint8Array[];

  private constructor(size: number, hashes: readonly Uint8Array[]) {
    this.size = size;
    this.hashes = hashes;
  }

  static empty(): Frontier {
    return new Frontier(0, []);
  }

  /**
   * Takes up a frontier that was stored.
   * @throws RangeError unless there is one hash of 32 bytes for each set bit of `size`.
   */
  static of(hashes: readonly Uint8Array[], size: number): Frontier {
    if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`not a tree size: ${size}`);
    if (hashes.length !== setBits(size) || hashes.some((hash) => hash.length !== 32)) {
      throw new RangeError(`${hashes.length} hashes are no frontier of a tree of ${size} leaves`);
    }
    return new Frontier(size, [...hashes]);
  }

  append(leaf: Uint8Array): Frontier {
    const hashes = [...this.hashes];
    let merged = leaf;
    // Each trailing set bit of the size is a complete subtree that the new leaf completes further.
    for (let rest = this.size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = hashes.pop();
      if (left) merged = nodeHash(left, merged);
    }
    return new Frontier(this.size + 1, [...hashes, merged]);
  }

  root(): Uint8Array {
    if (this.size === 0) return EMPTY_ROOT;
    return this.hashes.reduceRight((right, left) => nodeHash(left, right));
  }
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

function setBits(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
