import { describe, expect, it } from "vitest";
import { concat } from "../../src/base/bytes.ts";
import type { ByteSource } from "../../src/ledger/ports.ts";
import { type PublicEvidence, verifyPublic } from "../../src/ledger/public-check.ts";
import { chainSource, readBlocks } from "../../src/ledger/reader.ts";
import { SealedLedger } from "../../src/ledger/sealed-ledger.ts";
import { FakeDisk } from "./disk.ts";
import { checkpoint, genesis, grant, segment } from "./given.ts";

const disk = new FakeDisk();
const ledger = SealedLedger.create(disk, genesis(), "acme.example");
const headOfOne = ledger.head;
for (const draft of [
  checkpoint([grant(1)]),
  segment("second"),
  checkpoint([grant(2)]),
  checkpoint([grant(3)]),
]) {
  ledger.publish(ledger.prepare(draft));
}
const blocks = [...readBlocks(chainSource(disk))].map(({ block }) => block.bytes);
const slots = (): readonly [Uint8Array, Uint8Array] => [disk.readSlot(0), disk.readSlot(1)];

function source(...parts: readonly Uint8Array[]): ByteSource {
  const bytes = concat(...parts);
  return {
    length: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

function problems(
  parts: readonly (Uint8Array | undefined)[],
  evidence: PublicEvidence = {},
): readonly string[] {
  const present = parts.filter((part) => part !== undefined);
  return verifyPublic(source(...present), evidence).problems.map(({ code }) => code);
}

const [b0, b1, b2, b3, b4] = blocks;

describe("an undamaged ledger", () => {
  it("passes, and the report says what was looked at", () => {
    const evidence = {
      genesisLeaf: genesis().leaf,
      heads: [headOfOne, ledger.head],
      slots: slots(),
    };
    const report = verifyPublic(chainSource(disk), evidence);
    expect(report).toMatchObject({ size: 5, segments: 2, root: ledger.root, problems: [] });
    expect(report.chainId).toBe(ledger.chainId);
    expect(report.checked).toEqual([
      `form of 5 blocks in ${disk.chainLength()} bytes`,
      "order, segments and hash chain of the blocks",
      "block 0 against the license",
      "2 heads against the blocks",
      "the key state against the blocks, and the erasure of the other slot",
    ]);
  });

  it("does not claim to have checked what it was not given", () => {
    expect(verifyPublic(chainSource(disk)).checked).toHaveLength(2);
  });
});

describe("without any key", () => {
  it.each<readonly [string, readonly (Uint8Array | undefined)[], readonly string[]]>([
    ["nothing at all", [], ["MALFORMED"]],
    ["a missing block", [b0, b1, b3, b4], ["BLOCKS_MISSING"]],
    ["a missing beginning", [b1, b2], ["BLOCKS_MISSING"]],
    ["swapped blocks", [b0, b1, b2, b4, b3], ["BLOCKS_MISSING", "BLOCKS_MISSING"]],
    ["a block twice", [b0, b1, b1], ["BLOCKS_MISSING"]],
    ["bytes after the end", [b0, b1, Uint8Array.of(1)], ["MALFORMED"]],
    ["a torn end", [b0, b1?.subarray(0, 200)], ["MALFORMED"]],
    ["a changed payload", [b0, flipped(b1), b2], ["HASH_CHAIN_BROKEN"]],
    [
      "another ledger's beginning",
      [genesis({ seed: "other" }).block, b1],
      ["WRONG_CHAIN", "HASH_CHAIN_BROKEN"],
    ],
  ])("%s is noticed", (_, parts, codes) => {
    expect(problems(parts)).toEqual(codes);
  });

  it("a changed last block is noticed by a head alone", () => {
    const changed = [b0, b1, b2, b3, flipped(b4)];
    expect(problems(changed)).toEqual([]);
    expect(problems(changed, { heads: [ledger.head] })).toEqual(["ROOT_MISMATCH"]);
  });

  it("a cut end is noticed by a head or by the state", () => {
    const cut = [b0, b1, b2, b3];
    expect(problems(cut)).toEqual([]);
    expect(problems(cut, { heads: [ledger.head] })).toEqual(["BLOCKS_MISSING"]);
    expect(problems(cut, { slots: slots() })).toEqual(["STATE_MISMATCH"]);
  });

  it("two heads of one size that differ are noticed", () => {
    const fork = { ...headOfOne, root: ledger.root };
    expect(problems(blocks, { heads: [headOfOne, fork] })).toEqual(["ROOT_MISMATCH"]);
  });

  it("another genesis than the licensed one is noticed", () => {
    const genesisLeaf = genesis({ seed: "other" }).leaf;
    expect(problems(blocks, { genesisLeaf })).toEqual(["GENESIS_MISMATCH"]);
  });

  it("an old key that was not erased is noticed", () => {
    const [zero, full] = slots();
    expect(problems(blocks, { slots: [full, full] })).toEqual(["STATE_MISMATCH"]);
    expect(problems(blocks, { slots: [zero, zero] })).toContain("STATE_MISMATCH");
  });
});

describe("reading a file of blocks", () => {
  it("holds no more than a window of it in memory", () => {
    const reads: number[] = [];
    const whole = concat(...blocks);
    const counted = {
      length: whole.length,
      read: (offset: number, length: number) => {
        reads.push(length);
        return whole.subarray(offset, offset + length);
      },
    };
    expect([...readBlocks(counted)]).toHaveLength(5);
    expect(reads).toEqual([whole.length]);
  });

  it("begins and ends where it is told", () => {
    const start = (b0?.length ?? 0) + (b1?.length ?? 0);
    const end = start + (b2?.length ?? 0);
    const found = [...readBlocks(chainSource(disk), start, end)];
    expect(found.map(({ block, offset }) => [block.index, offset])).toEqual([[2, start]]);
  });
});

function flipped(bytes: Uint8Array | undefined): Uint8Array {
  const changed = (bytes ?? new Uint8Array()).slice();
  changed[150] = (changed[150] ?? 0) ^ 1;
  return changed;
}
