import { nodeHash } from "./tree.ts";

/**
 * A tree whose leaves are all at hand, for the audit paths of all of them: each node is hashed
 * once, where `inclusionProof` would hash the tree again for each leaf.
 */
export class WholeTree {
  readonly root: Uint8Array;
  /** From the leaves up. A last node without a sibling stands unchanged on the level above. */
  readonly #levels: readonly (readonly Uint8Array[])[];

  /** @throws RangeError without leaves. */
  constructor(leafHashes: readonly Uint8Array[]) {
    const levels = [leafHashes];
    let top = leafHashes;
    while (top.length > 1) {
      top = above(top);
      levels.push(top);
    }
    const [root] = top;
    if (root === undefined) throw new RangeError("a tree without leaves has no paths");
    this.root = root;
    this.#levels = levels;
  }

  /**
   * The audit path of RFC 6962, section 2.1.1, from the leaf upwards: what `inclusionProof` gives.
   * @throws RangeError unless `index` is one of the leaves.
   */
  path(index: number): readonly Uint8Array[] {
    if (this.#levels[0]?.[index] === undefined) throw new RangeError(`no leaf ${index}`);
    const siblings: Uint8Array[] = [];
    let place = index;
    for (const level of this.#levels) {
      const sibling = level[place % 2 === 0 ? place + 1 : place - 1];
      if (sibling !== undefined) siblings.push(sibling);
      place = Math.floor(place / 2);
    }
    return siblings;
  }
}

function above(level: readonly Uint8Array[]): readonly Uint8Array[] {
  const nodes: Uint8Array[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const [left, right] = [level[at], level[at + 1]];
    if (left !== undefined) nodes.push(right === undefined ? left : nodeHash(left, right));
  }
  return nodes;
}
