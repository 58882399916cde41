import { describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { unixMillis } from "../../src/base/time.ts";
import { decodeBlock } from "../../src/ledger/block.ts";
import type { BlockDraft } from "../../src/ledger/draft.ts";
import { LedgerError, LedgerFatalError } from "../../src/ledger/errors.ts";
import { openGenesis } from "../../src/ledger/genesis.ts";
import { chainSource, rootAt } from "../../src/ledger/reader.ts";
import { SealedLedger } from "../../src/ledger/sealed-ledger.ts";
import { FakeDisk } from "./disk.ts";
import {
  checkpoint,
  clocksAt,
  genesis,
  grant,
  nextDay,
  noon,
  sealingKey,
  seeded,
  segment,
  vendorSecret,
} from "./given.ts";
import { walkAsVendor } from "./vendor-walk.ts";

function fresh(): { readonly disk: FakeDisk; readonly ledger: SealedLedger } {
  const disk = new FakeDisk();
  return { disk, ledger: SealedLedger.create(disk, genesis(), "acme.example") };
}

function seal(ledger: SealedLedger, draft: BlockDraft): Uint8Array {
  const prepared = ledger.prepare(draft);
  ledger.publish(prepared);
  return prepared.outbox.bytes;
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

describe("a new ledger", () => {
  it("has one block, which says whose it is", () => {
    const { block, leaf, chainId, origin } = genesis();
    const { ledger } = fresh();
    expect(ledger.size).toBe(1);
    expect(ledger.root).toEqual(leaf);
    expect(ledger.head).toEqual({ origin, size: 1, root: leaf });
    expect(origin).toBe(`acme.example/skc/${chainId}`);
    expect(openGenesis(block, vendorSecret)).toMatchObject({
      chainId,
      leaf,
      payload: { requestId: "req-1", origin, createdAt: noon, daemonKey: seeded("daemon key") },
    });
  });

  it("cannot be opened by another vendor", () => {
    expect(codeOf(() => openGenesis(genesis().block, seeded("another vendor")))).toBe(
      "GENESIS_MISMATCH",
    );
  });

  it("differs from every other one", () => {
    expect(genesis({ seed: "one" }).chainId).not.toBe(genesis({ seed: "two" }).chainId);
  });
});

describe("preparing a block", () => {
  it("touches no file and shows no new head until it is published", () => {
    const { disk, ledger } = fresh();
    const calls = disk.calls;
    const prepared = ledger.prepare(checkpoint([grant(1)]));
    expect([disk.calls, ledger.size]).toEqual([calls, 1]);
    ledger.publish(prepared);
    expect(ledger.size).toBe(2);
    expect(prepared).toMatchObject({ index: 1, sealed: { firstEventId: 1, count: 1 } });
  });

  it("again with the same content gives the same bytes", () => {
    const { ledger } = fresh();
    const first = ledger.prepare(checkpoint([grant(1)]));
    ledger.abandon(first);
    expect(ledger.prepare(checkpoint([grant(1)])).outbox).toEqual(first.outbox);
  });

  it("again with other content never meets the same cipher key", () => {
    const { ledger } = fresh();
    const first = ledger.prepare(checkpoint([grant(1)]));
    ledger.abandon(first);
    const second = ledger.prepare(checkpoint([grant(1, "sim")]));
    const [one, two] = [first, second].map(({ outbox }) => toHex(decodeBlock(outbox.bytes).siv));
    expect(one).not.toBe(two);
  });

  it("with the random numbers of a cloned machine shares keys only where all else is the same", () => {
    const [one, other] = [fresh().ledger, fresh().ledger];
    const keysOf = (ledger: SealedLedger): string =>
      toHex(decodeBlock(seal(ledger, segment("cloned"))).ext).slice(0, 128);
    seal(other, checkpoint([grant(1)]));
    expect(keysOf(one)).not.toBe(keysOf(other));
    const [twin, sibling] = [fresh().ledger, fresh().ledger];
    expect(keysOf(twin)).toBe(keysOf(sibling));
    const sivs = [seal(twin, checkpoint([grant(1)])), seal(sibling, checkpoint([grant(1, "sim")]))];
    expect(new Set(sivs.map((bytes) => toHex(decodeBlock(bytes).siv))).size).toBe(2);
  });

  it("is refused while another one is prepared", () => {
    const { ledger } = fresh();
    ledger.prepare(checkpoint([grant(1)]));
    expect(() => ledger.prepare(checkpoint([grant(1)]))).toThrow(TypeError);
  });

  it("that cannot be sealed leaves the ledger as it was", () => {
    const { disk, ledger } = fresh();
    expect(codeOf(() => ledger.prepare(checkpoint([grant(2), grant(1)])))).toBe(
      "LEDGER_EVENT_ORDER",
    );
    seal(ledger, checkpoint([grant(1)]));
    expect(walkAsVendor(chainSource(disk), vendorSecret).roots).toHaveLength(2);
  });

  it("publishes only what it prepared", () => {
    const { ledger } = fresh();
    const first = ledger.prepare(checkpoint([grant(1)]));
    ledger.abandon(first);
    expect(() => ledger.publish(first)).toThrow(TypeError);
  });
});

describe("a ledger of all block types", () => {
  const { disk, ledger } = fresh();
  const receiptRoot = ledger.root;
  const drafts: readonly BlockDraft[] = [
    {
      type: "start",
      version: "0.1.0",
      bootId: "boot",
      previousShutdownClean: true,
      redoneBlocks: 0,
      fsType: "ext4",
      virtualised: "kvm",
      swapOn: false,
      wall: noon,
      hostHash: seeded("host"),
    },
    checkpoint([grant(1)]),
    checkpoint([grant(2)], { detail: "totals" }),
    { type: "heartbeat", clocks: clocksAt(noon), distinctWitnesses7d: 0, openLeases: 2 },
    {
      type: "incident",
      code: "UNEXPECTED_TAIL",
      evidenceHash: seeded("x"),
      firstSeen: noon,
      count: 1,
    },
    {
      type: "export",
      exportNo: 1,
      sizeBefore: 6,
      lastReceiptNo: null,
      receiptNonce: null,
      wall: noon,
      hostHash: seeded("host"),
    },
    { type: "receipt", note: "note\n", receiptNo: 1, ackSize: 1, ackRoot: receiptRoot },
    segment("after the receipt", { reason: "receipt" }),
    { type: "close", wall: noon },
  ];
  for (const draft of drafts) seal(ledger, draft);
  const walked = walkAsVendor(chainSource(disk), vendorSecret);

  it("is read by the vendor from the first block to the last", () => {
    expect(walked.payloads.map(({ type }) => type)).toEqual([
      "genesis",
      ...drafts.map(({ type }) => type),
    ]);
  });

  it("ends where its tip says", () => {
    expect(walked.tipMatches(ledger.tip())).toBe(true);
  });

  it("has the roots that streaming over the file finds", () => {
    expect(ledger.root).toEqual(walked.roots.at(-1));
    expect(rootAt(chainSource(disk), 4)).toEqual(walked.roots[3]);
    expect(rootAt(chainSource(disk), 11)).toBeUndefined();
  });

  it("remembers what the vendor acknowledged", () => {
    expect([ledger.ackSize, ledger.ackRoot]).toEqual([1, receiptRoot]);
  });

  it("keeps only the key of the next block on the medium", () => {
    const state = toHex(disk.state.medium);
    expect(walked.authKeys.slice(1).map((key) => state.includes(key))).toEqual([
      ...Array.from({ length: 9 }, () => false),
      true,
    ]);
  });
});

describe("a segment is due", () => {
  it("after 1,023 blocks, and nothing else is sealed before it", () => {
    const { disk, ledger } = fresh();
    for (let id = 1; id < 1_024; id += 1) {
      expect(ledger.needsSegment(noon)).toBeUndefined();
      seal(ledger, { type: "close", wall: noon });
    }
    expect(ledger.needsSegment(noon)).toBe("full");
    expect(codeOf(() => ledger.prepare(checkpoint([grant(1)])))).toBe("LEDGER_SEGMENT_DUE");
    seal(ledger, segment("second"));
    expect(ledger.needsSegment(noon)).toBeUndefined();
    expect(walkAsVendor(chainSource(disk), vendorSecret).roots).toHaveLength(1_025);
  });

  it("when a UTC day has passed on the believed clock", () => {
    const { ledger } = fresh();
    expect(ledger.needsSegment(unixMillis(noon + 11 * 3_600_000))).toBeUndefined();
    expect(ledger.needsSegment(nextDay)).toBe("daily");
    seal(ledger, segment("second", { highWater: nextDay }));
    expect(ledger.needsSegment(nextDay)).toBeUndefined();
  });

  it("after a receipt, also when the machine stopped in between", () => {
    const { disk, ledger } = fresh();
    const receipt = ledger.prepare({
      type: "receipt",
      note: "note\n",
      receiptNo: 1,
      ackSize: 1,
      ackRoot: ledger.root,
    });
    ledger.publish(receipt);
    expect(ledger.needsSegment(noon)).toBe("receipt");
    const reopened = SealedLedger.open(disk, [receipt.outbox], { vendorName: "acme.example" });
    expect(reopened.ledger.needsSegment(noon)).toBe("receipt");
    expect(reopened.ledger.ackSize).toBe(1);
  });

  it("names its sealing key and hands its directory row to the caller", () => {
    const { ledger } = fresh();
    const prepared = ledger.prepare(segment("second"));
    expect(prepared.directoryRow).toMatchObject({ segment: 1, index: 1 });
    expect(prepared.outbox.entropy.subarray(64)).toEqual(sealingKey);
  });
});

describe.each([
  { call: 0, at: "writing the block" },
  { call: 1, at: "syncing the block" },
  { call: 2, at: "writing the new slot" },
  { call: 3, at: "syncing the new slot" },
  { call: 4, at: "erasing the old slot" },
  { call: 5, at: "syncing the erased slot" },
])("a disk that fails while $at", ({ call }) => {
  it.each([
    { fault: "lost", kept: false },
    { fault: "kept although reported as failed", kept: true },
  ])("ends the ledger's work, and with the effect $fault a restart loses nothing", ({ kept }) => {
    const { disk, ledger } = fresh();
    const prepared = ledger.prepare(checkpoint([grant(1)]));
    failAt(disk, call, kept);
    expect(() => ledger.publish(prepared)).toThrow(LedgerFatalError);
    expect(() => ledger.prepare(checkpoint([grant(2)]))).toThrow(LedgerFatalError);
    expect(ledger.size).toBe(1);
    disk.restart("killed");
    const options = { vendorName: "acme.example" };
    const opened = SealedLedger.open(disk, [prepared.outbox], options);
    expect(opened.findings).toEqual([]);
    const walked = walkAsVendor(chainSource(disk), vendorSecret);
    expect(walked.payloads).toHaveLength(2);
    expect(walked.tipMatches(opened.ledger.tip())).toBe(true);
  });
});

/** The disk reports an error at the given call of a publication, its effect lost or kept. */
function failAt(disk: FakeDisk, call: number, kept: boolean): void {
  let calls = 0;
  const real = {
    appendAt: disk.appendAt.bind(disk),
    syncChain: disk.syncChain.bind(disk),
    writeSlot: disk.writeSlot.bind(disk),
    syncState: disk.syncState.bind(disk),
  };
  const through = (act: () => void): void => {
    const failing = calls === call;
    calls += 1;
    if (!failing || kept) act();
    if (failing) throw new Error("EIO");
  };
  disk.appendAt = (offset, bytes) => through(() => real.appendAt(offset, bytes));
  disk.syncChain = () => through(() => real.syncChain());
  disk.writeSlot = (slot, bytes) => through(() => real.writeSlot(slot, bytes));
  disk.syncState = () => through(() => real.syncState());
}
