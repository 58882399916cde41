import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { u32 } from "../../src/base/bytes.ts";
import {
  consistencyProof,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from "../../src/merkle/proof.ts";
import { Frontier, leafHash, rootOf } from "../../src/merkle/tree.ts";
import { WholeTree } from "../../src/merkle/whole-tree.ts";

const leaves = Array.from({ length: 300 }, (_, index) => leafHash(u32(index)));

/** A tree and a smaller one that it begins with. */
const growth = fc
  .tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 }))
  .map(([left, right]) => ({ oldSize: Math.min(left, right), newSize: Math.max(left, right) }));

/** A leaf of a tree. */
const place = growth.map(({ oldSize, newSize }) => ({ index: oldSize - 1, size: newSize }));

function flipped(hash: Uint8Array, bit: number): Uint8Array {
  const changed = hash.slice();
  const at = (bit >> 3) % changed.length;
  changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

function replaced(hashes: readonly Uint8Array[], bit: number): readonly Uint8Array[] {
  const at = bit % hashes.length;
  return hashes.map((hash, index) => (index === at ? flipped(hash, bit) : hash));
}

describe("an inclusion proof", () => {
  it("shows every leaf of every tree", () => {
    fc.assert(
      fc.property(place, ({ index, size }) => {
        const tree = leaves.slice(0, size);
        const claim = { index, size, leaf: tree[index] ?? new Uint8Array(0), root: rootOf(tree) };
        expect(verifyInclusion({ ...claim, proof: inclusionProof(index, tree) })).toBe(true);
      }),
    );
  });

  it("shows nothing with one bit of leaf, root or proof changed", () => {
    fc.assert(
      fc.property(place, fc.nat({ max: 255 }), ({ index, size }, bit) => {
        const tree = leaves.slice(0, size);
        const leaf = tree[index] ?? new Uint8Array(0);
        const claim = { index, size, leaf, root: rootOf(tree), proof: inclusionProof(index, tree) };
        expect(verifyInclusion({ ...claim, leaf: flipped(claim.leaf, bit) })).toBe(false);
        expect(verifyInclusion({ ...claim, root: flipped(claim.root, bit) })).toBe(false);
        fc.pre(size > 1);
        expect(verifyInclusion({ ...claim, proof: replaced(claim.proof, bit) })).toBe(false);
      }),
    );
  });

  it("shows a leaf at no other place", () => {
    fc.assert(
      fc.property(place, fc.nat({ max: 299 }), ({ index, size }, other) => {
        fc.pre(other !== index && other < size);
        const tree = leaves.slice(0, size);
        const claim = { size, leaf: tree[index] ?? new Uint8Array(0), root: rootOf(tree) };
        const proof = inclusionProof(index, tree);
        expect(verifyInclusion({ ...claim, index: other, proof })).toBe(false);
      }),
    );
  });
});

describe("a tree whose leaves are all at hand", () => {
  it("has the root and the paths that are made one by one", () => {
    for (let size = 1; size <= 70; size += 1) {
      const tree = leaves.slice(0, size);
      const whole = new WholeTree(tree);
      expect(whole.root).toEqual(rootOf(tree));
      tree.forEach((_, index) => {
        expect(whole.path(index)).toEqual(inclusionProof(index, tree));
      });
    }
  });

  it("has no path for what is not among its leaves, and is none without leaves", () => {
    const whole = new WholeTree(leaves.slice(0, 5));
    for (const index of [-1, 0.5, 5]) expect(() => whole.path(index)).toThrow(RangeError);
    expect(() => new WholeTree([])).toThrow(RangeError);
  });
});

describe("a consistency proof", () => {
  it("shows every tree to extend every earlier one", () => {
    fc.assert(
      fc.property(growth, ({ oldSize, newSize }) => {
        const tree = leaves.slice(0, newSize);
        const roots = { oldRoot: rootOf(leaves.slice(0, oldSize)), newRoot: rootOf(tree) };
        const proof = consistencyProof(oldSize, tree);
        expect(verifyConsistency({ oldSize, newSize, ...roots, proof })).toBe(true);
      }),
    );
  });

  it("does not show a tree to extend another past", () => {
    fc.assert(
      fc.property(growth, fc.nat({ max: 299 }), ({ oldSize, newSize }, changed) => {
        const tree = leaves.slice(0, newSize);
        const past = leaves
          .slice(0, oldSize)
          .map((leaf, index) => (index === changed % oldSize ? leafHash(leaf) : leaf));
        const proof = consistencyProof(oldSize, tree);
        const claim = { oldSize, newSize, proof, newRoot: rootOf(tree) };
        expect(verifyConsistency({ ...claim, oldRoot: rootOf(past) })).toBe(false);
      }),
    );
  });

  it("shows nothing with one bit changed", () => {
    fc.assert(
      fc.property(growth, fc.nat({ max: 255 }), ({ oldSize, newSize }, bit) => {
        fc.pre(oldSize < newSize);
        const tree = leaves.slice(0, newSize);
        const roots = { oldRoot: rootOf(leaves.slice(0, oldSize)), newRoot: rootOf(tree) };
        const proof = replaced(consistencyProof(oldSize, tree), bit);
        expect(verifyConsistency({ oldSize, newSize, ...roots, proof })).toBe(false);
      }),
    );
  });
});

describe("a frontier", () => {
  it("grows to the root over all leaves, also when it is stored in between", () => {
    fc.assert(
      fc.property(growth, ({ oldSize, newSize }) => {
        const before = leaves
          .slice(0, oldSize)
          .reduce((frontier, leaf) => frontier.append(leaf), Frontier.empty());
        const restored = Frontier.of(before.hashes, before.size);
        const after = leaves
          .slice(oldSize, newSize)
          .reduce((frontier, leaf) => frontier.append(leaf), restored);
        expect(after.size).toBe(newSize);
        expect(after.root()).toEqual(rootOf(leaves.slice(0, newSize)));
        expect(before.root()).toEqual(rootOf(leaves.slice(0, oldSize)));
      }),
    );
  });

  it("has one hash for each set bit of its size, the largest subtree first", () => {
    const seven = leaves
      .slice(0, 7)
      .reduce((frontier, leaf) => frontier.append(leaf), Frontier.empty());
    expect(seven.hashes).toEqual([
      rootOf(leaves.slice(0, 4)),
      rootOf(leaves.slice(4, 6)),
      leaves[6],
    ]);
  });

  it.each([
    ["too few hashes", [leaves[0] ?? new Uint8Array(0)], 3],
    ["too many hashes", leaves.slice(0, 2), 4],
    ["a short hash", [new Uint8Array(31)], 1],
    ["no size", [], -1],
    ["half a size", [], 0.5],
  ])("is not restored from %s", (_, hashes, size) => {
    expect(() => Frontier.of(hashes, size)).toThrow(RangeError);
  });
});
