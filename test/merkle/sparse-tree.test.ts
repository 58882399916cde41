import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { u32 } from "../../src/base/bytes.ts";
import { consistencyProof, inclusionProof } from "../../src/merkle/proof.ts";
import { PAGE_LEAVES, SparseTree } from "../../src/merkle/sparse-tree.ts";
import { leafHash, rootOf } from "../../src/merkle/tree.ts";

const leaves = Array.from({ length: 1_200 }, (_, index) => leafHash(u32(index)));

function treeOf(size: number, fetched: (page: number) => void = () => undefined): SparseTree {
  const tree = new SparseTree((page) => {
    fetched(page);
    return leaves.slice(page * PAGE_LEAVES, (page + 1) * PAGE_LEAVES);
  });
  for (const leaf of leaves.slice(0, size)) tree.append(leaf);
  return tree;
}

const growth = fc
  .tuple(fc.integer({ min: 0, max: 1_200 }), fc.integer({ min: 0, max: 1_200 }))
  .map(([left, right]) => ({ oldSize: Math.min(left, right), newSize: Math.max(left, right) }));

describe("a tree that keeps no leaves", () => {
  it("has the roots and proofs of one that keeps all", () => {
    fc.assert(
      fc.property(growth, ({ oldSize, newSize }) => {
        const tree = treeOf(newSize);
        expect(tree.size).toBe(newSize);
        expect(tree.rootAt(oldSize)).toEqual(rootOf(leaves.slice(0, oldSize)));
        expect(tree.proofFrom(oldSize)).toEqual(
          consistencyProof(oldSize, leaves.slice(0, newSize)),
        );
      }),
    );
  });

  it("has the audit paths of one that keeps all", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_200 }), fc.nat(), (size, choice) => {
        const index = choice % size;
        const path = inclusionProof(index, leaves.slice(0, size));
        expect(treeOf(size).inclusionOf(index)).toEqual(path);
      }),
    );
  });

  it("fetches one page of leaves for a root and its proof, and none at the edge of a page", () => {
    fc.assert(
      fc.property(growth, ({ oldSize, newSize }) => {
        const pages: number[] = [];
        const tree = treeOf(newSize, (page) => pages.push(page));
        tree.rootAt(oldSize);
        tree.proofFrom(oldSize);
        const isInside = oldSize % PAGE_LEAVES !== 0;
        const inFullPage = oldSize < newSize - (newSize % PAGE_LEAVES);
        expect(pages).toEqual(isInside && inFullPage ? [Math.floor(oldSize / PAGE_LEAVES)] : []);
      }),
    );
  });

  it.each([1.5, -1, 11])("has no tree of %s leaves among 10", (size) => {
    expect(() => treeOf(10).rootAt(size)).toThrow(RangeError);
    expect(() => treeOf(10).proofFrom(size)).toThrow(RangeError);
    expect(() => treeOf(10).inclusionOf(size)).toThrow(RangeError);
  });
});
