import { describe, expect, it } from "vitest";
import { concat, fromHex, u16 } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { gapIn, overGap } from "../../src/ledger/gap.ts";
import { encodeLeavesHead, KeptLeaves } from "../../src/ledger/kept-leaves.ts";
import type { ByteSource, Cut } from "../../src/ledger/ports.ts";
import { edgeAt, readBlocks } from "../../src/ledger/reader.ts";
import vectors from "../vectors/skc1-vectors.json" with { type: "json" };

const blocks = vectors.blocks.map(fromHex);
const leaves = vectors.leaves.map(fromHex);
const chainId = fromHex(vectors.chain_id);
const front = blocks[0]?.length ?? 0;
const startOf = (index: number): number => concat(...blocks.slice(0, index)).length;

function sourceOf(bytes: Uint8Array): ByteSource {
  return { length: bytes.length, read: (offset, length) => bytes.slice(offset, offset + length) };
}

const closed = (bytes: Uint8Array): ByteSource => sourceOf(concat(bytes, sha256(bytes)));
const cutAt = (size: number): Cut => ({ size, offset: startOf(size) });

function keptAt(...cuts: readonly Cut[]): ByteSource {
  const size = cuts.at(-1)?.size ?? 0;
  return closed(concat(encodeLeavesHead({ chainId, front, cuts }), ...leaves.slice(0, size)));
}

/** Block 0, and the blocks from one on. */
const fileFrom = (index: number): ByteSource =>
  sourceOf(concat(...blocks.slice(0, 1), ...blocks.slice(index)));

describe("a ledger that was cut before its third block", () => {
  const file = fileFrom(2);
  const ledger = overGap(file, gapIn(file, KeptLeaves.open(keptAt(cutAt(2)))));

  it("has the blocks that stayed at the offsets that they always had", () => {
    expect(ledger.length).toBe(startOf(blocks.length));
    const found = [...readBlocks(ledger)].map(({ block, offset }) => [block.index, offset]);
    expect(found).toEqual([0, 2, 3, 4, 5, 6, 7, 8].map((index) => [index, startOf(index)]));
  });

  it("has its tree, and not the bytes that are gone", () => {
    expect(edgeAt(ledger, blocks.length).root()).toEqual(fromHex(vectors.root));
    expect(() => ledger.read(front, 10)).toThrow(RangeError);
  });
});

describe("leaf hashes that speak of a later cut", () => {
  const later = KeptLeaves.open(keptAt(cutAt(2), cutAt(5)));

  it("fit a ledger that was not cut yet, or cut before", () => {
    expect(gapIn(fileFrom(1), later)).toBeUndefined();
    expect(gapIn(fileFrom(2), later)).toMatchObject({ size: 2 });
    expect(gapIn(fileFrom(5), later)).toMatchObject({ size: 5, offset: startOf(5) });
  });

  it("say where a file goes on that has lost everything but block 0", () => {
    expect(gapIn(fileFrom(9), later)).toMatchObject({ size: 5, offset: startOf(5) });
  });
});

describe("a file of leaf hashes", () => {
  const good = keptAt(cutAt(2));
  const bytes = good.read(0, good.length);
  const body = bytes.slice(0, -32);

  it.each([
    ["too short", sourceOf(bytes.slice(0, 60))],
    ["cut off", sourceOf(bytes.slice(0, -1))],
    ["of another kind", closed(concat(fromHex("00"), body.slice(1)))],
    ["changed", sourceOf(bytes.map((byte, at) => (at === 60 ? byte ^ 1 : byte)))],
    ["with cuts out of order", keptAt(cutAt(5), cutAt(2))],
    ["with an impossible number", keptAt({ size: 2, offset: 2 ** 48 })],
    ["without a cut", closed(encodeLeavesHead({ chainId, front, cuts: [] }))],
  ])("that is %s is refused", (_, source) => {
    const code = "LEDGER_LEAVES_DAMAGED";
    expect(() => KeptLeaves.open(source)).toThrow(expect.objectContaining({ code }));
  });

  it("of a later version says so", () => {
    const newer = closed(concat(body.slice(0, 4), u16(2), body.slice(6)));
    const code = "LEDGER_UNSUPPORTED";
    expect(() => KeptLeaves.open(newer)).toThrow(expect.objectContaining({ code }));
  });

  it("of another ledger is not taken", () => {
    const other = sourceOf(concat(...blocks.slice(2)));
    const code = "LEDGER_LEAVES_DAMAGED";
    expect(() => gapIn(other, KeptLeaves.open(good))).toThrow(expect.objectContaining({ code }));
  });
});
