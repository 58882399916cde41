import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import {
  consistencyProof,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from "../../src/merkle/proof.ts";
import { EMPTY_ROOT, Frontier, leafHash, rootOf } from "../../src/merkle/tree.ts";

/** The eight leaves, roots and proofs of the Certificate Transparency reference implementation. */
const leaves = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((hex) => leafHash(fromHex(hex)));

const roots = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const inclusions = [
  {
    index: 0,
    size: 8,
    proof: [
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
  },
  {
    index: 5,
    size: 8,
    proof: [
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  },
  {
    index: 2,
    size: 3,
    proof: ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
  },
  { index: 0, size: 1, proof: [] },
];

const consistencies = [
  {
    oldSize: 1,
    newSize: 8,
    proof: [
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
  },
  {
    oldSize: 6,
    newSize: 8,
    proof: [
      "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  },
  {
    oldSize: 2,
    newSize: 5,
    proof: [
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
  },
  { oldSize: 8, newSize: 8, proof: [] },
  { oldSize: 0, newSize: 8, proof: [] },
];

const leafAt = (index: number): Uint8Array => leaves[index] ?? new Uint8Array(0);
const rootAt = (size: number): Uint8Array => fromHex(roots[size] ?? "");

describe("the trees of RFC 6962", () => {
  it.each([...roots.entries()])("have at size %i the root %s", (size, root) => {
    expect(toHex(rootOf(leaves.slice(0, size)))).toBe(root);
  });

  it("have the root of nothing at size 0", () => {
    expect(Frontier.empty().root()).toEqual(EMPTY_ROOT);
  });
});

describe("the proofs of RFC 6962", () => {
  it.each(inclusions)("show leaf $index in a tree of $size", ({ index, size, proof }) => {
    expect(inclusionProof(index, leaves.slice(0, size)).map(toHex)).toEqual(proof);
    const claim = { index, size, leaf: leafAt(index), root: rootAt(size) };
    expect(verifyInclusion({ ...claim, proof: proof.map(fromHex) })).toBe(true);
  });

  it.each(consistencies)("show that $newSize leaves extend $oldSize", (consistency) => {
    const { oldSize, newSize, proof } = consistency;
    expect(consistencyProof(oldSize, leaves.slice(0, newSize)).map(toHex)).toEqual(proof);
    const claim = { oldSize, newSize, oldRoot: rootAt(oldSize), newRoot: rootAt(newSize) };
    expect(verifyConsistency({ ...claim, proof: proof.map(fromHex) })).toBe(true);
  });

  it.each([-1, 8, 0.5])("cannot be made for the leaf %s of 8", (index) => {
    expect(() => inclusionProof(index, leaves)).toThrow(RangeError);
  });

  it.each([-1, 9, 0.5])("cannot be made from a tree of %s to one of 8", (oldSize) => {
    expect(() => consistencyProof(oldSize, leaves)).toThrow(RangeError);
  });
});

describe("a claim that makes no sense is false", () => {
  const inclusion = { index: 0, size: 1, leaf: leafAt(0), proof: [], root: rootAt(1) };
  const consistency = {
    oldSize: 3,
    newSize: 8,
    oldRoot: rootAt(3),
    newRoot: rootAt(8),
    proof: consistencyProof(3, leaves),
  };

  it.each([
    ["a leaf beyond the end", { index: 1 }],
    ["a negative leaf", { index: -1 }],
    ["a part of a leaf", { index: 0.5 }],
    ["a tree of no size", { size: Number.NaN }],
    ["a proof that is too long", { proof: [leafAt(1)] }],
    ["a proof that is too short", { size: 2 }],
  ])("of inclusion, about %s", (_, wrong) => {
    expect(verifyInclusion({ ...inclusion, ...wrong })).toBe(false);
  });

  it.each([
    ["a tree that shrinks", { newSize: 2 }],
    ["sizes below zero", { oldSize: -1 }],
    ["a proof that is missing", { proof: [] }],
    ["a proof that is too long", { proof: [...consistency.proof, leafAt(1)] }],
    ["equal sizes and a proof", { oldSize: 8, oldRoot: rootAt(8) }],
    ["equal sizes and other roots", { oldSize: 8, proof: [] }],
    ["a beginning that is not empty", { oldSize: 0, proof: [] }],
    ["an empty beginning and a proof", { oldSize: 0, oldRoot: rootAt(0) }],
  ])("of consistency, about %s", (_, wrong) => {
    expect(verifyConsistency({ ...consistency, ...wrong })).toBe(false);
  });
});
