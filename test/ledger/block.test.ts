import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "../../src/base/bytes.ts";
import { type Block, decodeBlock, decodeHeader } from "../../src/ledger/block.ts";
import { decodeDirectoryRow, encodeDirectoryRow } from "../../src/ledger/directory.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import { type ChainKeys, genesisReadKey, stepKey } from "../../src/ledger/keys.ts";
import { SealedLedger } from "../../src/ledger/sealed-ledger.ts";
import { openBlock, selfTagMatches, tagMatches } from "../../src/ledger/sealing.ts";
import { decodeSegmentExt, openSegment, openSegmentForReading } from "../../src/ledger/segment.ts";
import { FakeDisk } from "./disk.ts";
import {
  auditorKey,
  auditorSecret,
  checkpoint,
  genesis,
  grant,
  sealingKey,
  segment,
  vendorSecret,
} from "./given.ts";

const first = genesis({ recipients: [auditorKey] });
const ledger = SealedLedger.create(
  new FakeDisk(),
  {
    ...first,
    state: { ...first.state, auth: first.state.auth.slice(), read: first.state.read.slice() },
  },
  "acme.example",
);
const keys = seedsOf(decodeBlock(first.block));
const checkpointBytes = sealed(() => ledger.prepare(checkpoint([grant(1), grant(2)])));
const segmentBytes = sealed(() => ledger.prepare(segment("second", { recipients: [auditorKey] })));

function sealed(prepare: () => ReturnType<SealedLedger["prepare"]>): Uint8Array {
  const prepared = prepare();
  ledger.publish(prepared);
  return prepared.outbox.bytes;
}

function seedsOf(block: Block): ChainKeys {
  const { enc } = decodeSegmentExt(block.ext);
  return openSegment({ secret: vendorSecret, enc, chainId: block.chainId, segment: block.segment });
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
  return "accepted";
}

function changed(at: number, hex: string, bytes: Uint8Array = checkpointBytes): Uint8Array {
  const copy = bytes.slice();
  copy.set(fromHex(hex), at);
  return copy;
}

/** Whether the vendor, who knows the keys of the position, takes these bytes for the block. */
function vendorAccepts(bytes: Uint8Array, at: ChainKeys): boolean {
  try {
    const block = decodeBlock(bytes);
    return tagMatches(block, at.auth) && openBlock(block, at.read) !== undefined;
  } catch {
    return false;
  }
}

describe("a sealed block", () => {
  it("is accepted as it is", () => {
    expect(vendorAccepts(checkpointBytes, keys)).toBe(true);
  });

  it("is refused with any one bit of any byte flipped", () => {
    const accepted = [...checkpointBytes.keys()].filter((at) => {
      const flipped = checkpointBytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      return vendorAccepts(flipped, keys);
    });
    expect(accepted).toEqual([]);
  });

  it("is refused cut short, and with a byte more", () => {
    expect(codeOf(() => decodeBlock(checkpointBytes.subarray(0, -1)))).toBe("LEDGER_TRUNCATED");
    expect(codeOf(() => decodeBlock(checkpointBytes.subarray(0, 100)))).toBe("LEDGER_TRUNCATED");
    const longer = new Uint8Array([...checkpointBytes, 0]);
    expect(codeOf(() => decodeBlock(longer))).toBe("LEDGER_MALFORMED");
  });

  it("does not verify under the key of another position", () => {
    const next = { auth: stepKey(keys.auth), read: stepKey(keys.read) };
    const block = decodeBlock(checkpointBytes);
    expect(tagMatches(block, next.auth)).toBe(false);
    expect(openBlock(block, next.read)).toBeUndefined();
  });
});

describe("a header is refused", () => {
  it.each([
    ["with another magic", 0, "534b4232", "LEDGER_MALFORMED"],
    ["of another version", 4, "02", "LEDGER_UNSUPPORTED"],
    ["of version 0", 4, "00", "LEDGER_UNSUPPORTED"],
    ["of no known type", 5, "09", "LEDGER_UNSUPPORTED"],
    ["of type 0", 5, "00", "LEDGER_UNSUPPORTED"],
    ["of another suite", 6, "02", "LEDGER_UNSUPPORTED"],
    ["with a flag", 7, "01", "LEDGER_UNSUPPORTED"],
    ["with an index of 2^48", 24, "0001000000000000", "LEDGER_LIMIT_EXCEEDED"],
    ["beyond the end of its segment", 36, "00000400", "LEDGER_LIMIT_EXCEEDED"],
    ["at position 0 without opening a segment", 36, "00000000", "LEDGER_MALFORMED"],
    ["at a position beyond its index", 36, "00000002", "LEDGER_MALFORMED"],
    ["with an extension it may not have", 136, "00000001", "LEDGER_MALFORMED"],
    ["with an extension beyond the limit", 136, "00000401", "LEDGER_LIMIT_EXCEEDED"],
    ["with too short a ciphertext", 140, "0000000f", "LEDGER_MALFORMED"],
    ["with too long a ciphertext", 140, "00010011", "LEDGER_LIMIT_EXCEEDED"],
    ["with a length of 4 GiB", 140, "ffffffff", "LEDGER_LIMIT_EXCEEDED"],
  ])("%s", (_, at, hex, code) => {
    expect(codeOf(() => decodeHeader(changed(at, hex)))).toBe(code);
  });

  it("of block 0 that names a block before it", () => {
    expect(codeOf(() => decodeHeader(changed(40, "01", first.block)))).toBe("LEDGER_MALFORMED");
  });

  it("or read, never anything else, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 300 }), (tail) => {
        expect(codeOf(() => decodeBlock(tail))).not.toBe("accepted");
        const begun = new Uint8Array([...checkpointBytes.subarray(0, 24), ...tail]);
        expect(codeOf(() => decodeBlock(begun))).toMatch(/^(LEDGER_|accepted)/);
      }),
    );
  });
});

describe("a segment", () => {
  const block = decodeBlock(segmentBytes);
  const ext = decodeSegmentExt(block.ext);

  it("takes 419 bytes with one auditor and the smallest payload", () => {
    // The genesis block with one auditor: 144 header, 193 extension, payload + 16, two tags.
    const plaintext = openBlock(decodeBlock(first.block), genesisReadKey(keys.read));
    expect(first.block.length).toBe(417 + (plaintext?.length ?? 0));
  });

  it("vouches for its own seeds", () => {
    expect(selfTagMatches(block, seedsOf(block).auth)).toBe(true);
    expect(selfTagMatches(block, keys.auth)).toBe(false);
    expect(selfTagMatches(decodeBlock(checkpointBytes), keys.auth)).toBe(false);
  });

  it("gives the auditor the read seed and nothing else", () => {
    const [wrap] = ext.wraps;
    if (!wrap) throw new Error("no wrap");
    const opening = { wrap, readCommit: ext.readCommit, chainId: block.chainId, segment: 1 };
    expect(openSegmentForReading({ ...opening, secret: auditorSecret })).toEqual({
      kind: "opened",
      read: seedsOf(block).read,
    });
    const closed = { kind: "closed" };
    expect(openSegmentForReading({ ...opening, secret: vendorSecret })).toEqual(closed);
    expect(openSegmentForReading({ ...opening, secret: auditorSecret, segment: 2 })).toEqual(
      closed,
    );
    const otherCommit = { ...opening, readCommit: new Uint8Array(32) };
    expect(openSegmentForReading({ ...otherCommit, secret: auditorSecret })).toEqual({
      kind: "other-seed",
    });
  });

  it("gives other seeds to another key, segment or ledger", () => {
    const own = seedsOf(block);
    const { enc } = ext;
    const options = { secret: vendorSecret, enc, chainId: block.chainId, segment: 1 };
    expect(openSegment({ ...options, segment: 2 })).not.toEqual(own);
    expect(openSegment({ ...options, secret: auditorSecret })).not.toEqual(own);
    expect(openSegment({ ...options, chainId: new Uint8Array(16) })).not.toEqual(own);
  });

  it("is refused with an extension of the wrong length or nine recipients", () => {
    expect(codeOf(() => decodeSegmentExt(block.ext.subarray(0, -1)))).toBe("LEDGER_MALFORMED");
    expect(codeOf(() => decodeSegmentExt(block.ext.subarray(0, 104)))).toBe("LEDGER_MALFORMED");
    const nine = new Uint8Array(105 + 9 * 88);
    nine[104] = 9;
    expect(codeOf(() => decodeSegmentExt(nine))).toBe("LEDGER_LIMIT_EXCEEDED");
  });

  it("names the sealing key and has a directory row of 108 bytes", () => {
    const row = {
      segment: 1,
      index: 2,
      enc: ext.enc,
      readCommit: ext.readCommit,
      handoff: ext.handoff,
    };
    expect(encodeDirectoryRow(row)).toHaveLength(108);
    expect(decodeDirectoryRow(encodeDirectoryRow(row))).toEqual(row);
    expect(codeOf(() => decodeDirectoryRow(new Uint8Array(107)))).toBe("LEDGER_MALFORMED");
    expect(sealingKey).toHaveLength(32);
  });
});
