import { describe, expect, it } from "vitest";
import { LedgerError } from "../../src/ledger/errors.ts";
import type { LedgerFiles, OutboxRow } from "../../src/ledger/ports.ts";
import { verifyPublic } from "../../src/ledger/public-check.ts";
import { chainSource, readBlocks } from "../../src/ledger/reader.ts";
import { type OpenedLedger, SealedLedger } from "../../src/ledger/sealed-ledger.ts";
import { decodeSlot } from "../../src/ledger/state.ts";
import { type CrashKind, FakeDisk } from "./disk.ts";
import { auditorKey, checkpoint, genesis, grant, segment, vendorSecret } from "./given.ts";
import { walkAsVendor } from "./vendor-walk.ts";

const VENDOR = { vendorName: "acme.example" };

interface Site {
  readonly disk: FakeDisk;
  readonly ledger: SealedLedger;
  /** Row of block 1, the newest. */
  readonly row: OutboxRow;
}

/** Block 0 and one checkpoint. */
function twoBlocks(): Site {
  const disk = new FakeDisk();
  const ledger = SealedLedger.create(disk, genesis(), "acme.example");
  const prepared = ledger.prepare(checkpoint([grant(1)]));
  ledger.publish(prepared);
  return { disk, ledger, row: prepared.outbox };
}

/** The machine stops while block 2 is written, at a call counted from C2 = 0. */
function stopped(
  call: number,
  inside: boolean,
  kind: CrashKind,
  draft = checkpoint([grant(2)]),
): Site {
  const { disk, ledger } = twoBlocks();
  const prepared = ledger.prepare(draft);
  disk.stopAt = disk.calls + call;
  disk.stopInside = inside;
  disk.dice = (below) => Math.floor(below / 2);
  expect(() => ledger.publish(prepared)).toThrow("could not be written");
  disk.restart(kind);
  return { disk, ledger, row: prepared.outbox };
}

function open(disk: LedgerFiles, rows: readonly OutboxRow[]): OpenedLedger {
  return SealedLedger.open(disk, rows, VENDOR);
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

/** Vendor-checked size, with the proof that both slots and the tip are in order. */
function soundSize(disk: FakeDisk, ledger: SealedLedger): number {
  const slots = disk.durableSlots();
  expect(slots.filter((slot) => decodeSlot(slot))).toHaveLength(1);
  expect(slots.filter((slot) => slot.every((byte) => byte === 0))).toHaveLength(1);
  const walked = walkAsVendor(chainSource(disk), vendorSecret);
  expect(walked.tipMatches(ledger.tip())).toBe(true);
  return walked.roots.length;
}

describe("a stop before the commit", () => {
  it("leaves nothing behind", () => {
    const { disk, ledger, row } = twoBlocks();
    ledger.prepare(checkpoint([grant(2)]));
    const opened = open(disk, [row]);
    expect(opened).toMatchObject({ findings: [], redone: 0 });
    expect(soundSize(disk, opened.ledger)).toBe(2);
  });
});

describe.each([
  { step: "C1, after the commit", call: 0, inside: false, redone: 1 },
  { step: "C2, the block torn", call: 0, inside: true, redone: 1 },
  { step: "C3, the block whole", call: 1, inside: false, redone: 1 },
  { step: "C4, before the new slot", call: 2, inside: false, redone: 1 },
  { step: "C4, the new slot torn", call: 2, inside: true, redone: 1 },
  { step: "C6, two valid slots", call: 4, inside: false, redone: 0 },
  { step: "C6, the old slot half erased", call: 4, inside: true, redone: 0 },
])("a stop at $step", ({ call, inside, redone }) => {
  it.each<CrashKind>(["killed", "power lost"])("is finished after the machine was %s", (kind) => {
    const { disk, row } = stopped(call, inside, kind);
    const opened = open(disk, [row]);
    expect(opened).toMatchObject({ findings: [], redone });
    expect(soundSize(disk, opened.ledger)).toBe(3);
  });

  it("is finished although recovery is cut off at each of its own steps", () => {
    for (let cut = 0; cut < 9; cut += 1) {
      const { disk, row } = stopped(call, inside, "power lost");
      disk.stopAt = disk.calls + cut;
      expect(["stopped", "accepted"]).toContain(outcome(() => open(disk, [row])));
      disk.restart("power lost");
      const opened = open(disk, [row]);
      expect(opened.findings).toEqual([]);
      expect(soundSize(disk, opened.ledger)).toBe(3);
    }
  });
});

function outcome(act: () => unknown): "stopped" | "accepted" {
  try {
    act();
  } catch {
    return "stopped";
  }
  return "accepted";
}

describe("a stop at C5, where the new slot may or may not be on the medium", () => {
  it("keeps the new keys when only the process was killed", () => {
    const { disk, row } = stopped(3, false, "killed");
    const opened = open(disk, [row]);
    expect(opened).toMatchObject({ findings: [], redone: 0 });
    expect(soundSize(disk, opened.ledger)).toBe(3);
  });

  it("writes the block again when the new slot was lost with the power", () => {
    const { disk, row } = stopped(3, false, "power lost");
    const opened = open(disk, [row]);
    expect(opened).toMatchObject({ findings: [], redone: 1 });
    expect(soundSize(disk, opened.ledger)).toBe(3);
  });

  it("survives a power cut while recovery erases the old slot", () => {
    const { disk, row } = stopped(3, false, "killed");
    cutWhileErasing(disk, row);
    expect(soundSize(disk, open(disk, [row]).ledger)).toBe(3);
  });

  it("would lose every key there without the sync that comes first", () => {
    const { disk, row } = stopped(3, false, "killed");
    const syncState = disk.syncState.bind(disk);
    // The first sync does nothing, those after it do.
    disk.syncState = () => {
      disk.syncState = syncState;
    };
    cutWhileErasing(disk, row);
    expect(codeOf(() => open(disk, [row]))).toBe("CHAIN_KEY_LOST");
  });
});

/** The zeros of the old slot reach the medium, anything written before them does not. */
function cutWhileErasing(disk: FakeDisk, row: OutboxRow): void {
  let sectors = 0;
  disk.stopAt = disk.calls + (Object.hasOwn(disk, "syncState") ? 1 : 2);
  disk.dice = () => {
    sectors += 1;
    return sectors <= 8 ? 1 : 0;
  };
  expect(outcome(() => open(disk, [row]))).toBe("stopped");
  disk.restart("power lost");
}

describe("the keys that are on the medium while a block is written", () => {
  it("are those of the next block, and until the old slot is erased those of this one", () => {
    const { disk, ledger } = twoBlocks();
    const prepared = ledger.prepare(checkpoint([grant(2)]));
    const first = disk.calls;
    for (let call = 0; call < 6; call += 1) {
      const copy = stopped(call, false, "power lost").disk;
      const positions = copy.durableSlots().flatMap((slot) => decodeSlot(slot)?.nextIndex ?? []);
      expect(positions.length).toBeGreaterThan(0);
      for (const position of positions) expect([2, 3]).toContain(position);
    }
    ledger.publish(prepared);
    expect(disk.calls - first).toBe(6);
    expect(disk.durableSlots().flatMap((slot) => decodeSlot(slot)?.nextIndex ?? [])).toEqual([3]);
  });
});

describe("a stop after C7", () => {
  it("finds the block in its place, and the head that was shown stays true", () => {
    const { disk, ledger, row } = twoBlocks();
    const shown = ledger.head;
    const opened = open(disk, [row]);
    expect(opened).toMatchObject({ findings: [], redone: 0 });
    expect(opened.ledger.head).toEqual(shown);
  });
});

describe("a stop while a segment is opened", () => {
  it.each([
    ["nobody else", []],
    ["an auditor", [auditorKey]],
  ])("derives the same segment keys again, with %s reading", (_, recipients) => {
    const { disk, ledger } = twoBlocks();
    const prepared = ledger.prepare(segment("fresh", { recipients }));
    const opened = open(disk, [prepared.outbox]);
    expect(opened).toMatchObject({ findings: [], redone: 1 });
    opened.ledger.publish(opened.ledger.prepare(checkpoint([grant(2)])));
    expect(soundSize(disk, opened.ledger)).toBe(4);
  });

  it("is refused when the row's random bytes are not those of the block", () => {
    const { disk, ledger } = twoBlocks();
    const { outbox } = ledger.prepare(segment("fresh"));
    const other = { ...outbox, entropy: outbox.entropy.toReversed() };
    expect(codeOf(() => open(disk, [other]))).toBe("STATE_REGRESSION");
  });
});

/** Four blocks, of which the file keeps two and the database the last. */
function shortened(): Site {
  const { disk, ledger } = twoBlocks();
  const rows = [2, 3].map((id) => {
    const prepared = ledger.prepare(checkpoint([grant(id)]));
    ledger.publish(prepared);
    return prepared.outbox;
  });
  const [second, third] = rows;
  if (!second || !third) throw new TypeError("two blocks were written");
  disk.chain.truncate(second.offset + 100);
  disk.chain.sync();
  return { disk, ledger, row: third };
}

const indexesIn = (disk: FakeDisk): readonly number[] =>
  [...readBlocks(chainSource(disk))].map(({ block }) => block.index);

describe("what no honest crash explains", () => {
  it("STATE_REGRESSION: the database waits to write a block beyond the next", () => {
    const { disk, row } = twoBlocks();
    const before = disk.calls;
    expect(codeOf(() => open(disk, [{ ...row, index: 3 }]))).toBe("STATE_REGRESSION");
    expect(disk.calls).toBe(before);
  });

  it("STATE_REGRESSION: the waiting block follows another history", () => {
    const { disk, row } = twoBlocks();
    const other = SealedLedger.create(new FakeDisk(), genesis({ seed: "other" }), "acme.example");
    other.publish(other.prepare(checkpoint([grant(1)])));
    const foreign = other.prepare(checkpoint([grant(2)])).outbox;
    expect(codeOf(() => open(disk, [{ ...row, ...foreign }]))).toBe("STATE_REGRESSION");
  });

  it("UNEXPECTED_TAIL: bytes after the last block are set aside, and work goes on", () => {
    const { disk, row } = twoBlocks();
    disk.appendAt(disk.chainLength(), Uint8Array.of(1, 2, 3));
    const opened = open(disk, [row]);
    expect(opened.findings).toMatchObject([{ code: "UNEXPECTED_TAIL" }]);
    expect(disk.tails).toEqual([Uint8Array.of(1, 2, 3)]);
    expect(soundSize(disk, opened.ledger)).toBe(2);
  });

  it("FILE_SHORTER_THAN_STATE: the next block takes the next index, the gap stays visible", () => {
    const { disk, ledger } = twoBlocks();
    const [second, third] = [[grant(2)], [grant(3)]].map((events) => {
      const prepared = ledger.prepare(checkpoint(events));
      ledger.publish(prepared);
      return prepared.outbox;
    });
    disk.chain.truncate((second?.offset ?? 0) + 100);
    const opened = open(disk, third ? [third] : []);
    // Block 3 is written again from its row, after the last whole block: block 1.
    expect(opened.findings.map(({ code }) => code)).toEqual([
      "FILE_SHORTER_THAN_STATE",
      "LOST_WRITE_REPAIRED",
    ]);
    expect(opened.ledger.size).toBe(4);
    expect(disk.tails).toHaveLength(1);
    expect(disk.chainLength()).toBe(opened.ledger.length);
  });

  it("FILE_SHORTER_THAN_STATE: started twice changes nothing", () => {
    const { disk, row } = shortened();
    const first = open(disk, [row]).ledger;
    const chain = disk.readChain(0, disk.chainLength());
    for (const _ of [2, 3]) {
      const opened = open(disk, [row]);
      expect(opened.findings).toEqual([]);
      expect(opened.ledger.head).toEqual(first.head);
      expect(disk.readChain(0, disk.chainLength())).toEqual(chain);
    }
    expect(indexesIn(disk)).toEqual([0, 1, 3]);
    expect(disk.durableSlots().filter((slot) => decodeSlot(slot))).toHaveLength(1);
  });

  it("FILE_SHORTER_THAN_STATE: the gap is all that anyone finds, also after more blocks", () => {
    const { disk, row } = shortened();
    open(disk, [row]);
    const { ledger } = open(disk, [row]);
    ledger.publish(ledger.prepare(checkpoint([grant(4)])));
    const slots = [disk.readSlot(0), disk.readSlot(1)] as const;
    expect(verifyPublic(chainSource(disk)).problems).toEqual([
      { code: "BLOCKS_MISSING", detail: "block 3 comes after block 1" },
    ]);
    expect(slots.map((slot) => decodeSlot(slot)?.fileOffset).filter(Boolean)).toEqual([
      disk.chainLength(),
    ]);
  });

  it("FILE_SHORTER_THAN_STATE: recovery cut off at any step writes no block twice", () => {
    for (const inside of [false, true]) {
      for (let cut = 0; cut < 14; cut += 1) {
        const { disk, row } = shortened();
        disk.stopAt = disk.calls + cut;
        disk.stopInside = inside;
        disk.dice = (below) => Math.floor(below / 2);
        expect(["stopped", "accepted"]).toContain(outcome(() => open(disk, [row])));
        disk.restart("killed");
        open(disk, [row]);
        expect(indexesIn(disk)).toEqual([0, 1, 3]);
        expect(open(disk, [row]).findings).toEqual([]);
      }
    }
  });

  it("FILE_SHORTER_THAN_STATE: a block that waited is written once, however often it is begun", () => {
    for (let cut = 0; cut < 14; cut += 1) {
      const { disk, ledger } = shortened();
      const waiting = ledger.prepare(checkpoint([grant(4)])).outbox;
      disk.stopAt = disk.calls + cut;
      outcome(() => open(disk, [waiting]));
      disk.restart("killed");
      open(disk, [waiting]);
      expect(open(disk, [waiting]).findings).toEqual([]);
      expect(indexesIn(disk)).toEqual([0, 1, 4]);
    }
  });

  it("LOST_WRITE_REPAIRED: the newest block is written again from its row", () => {
    const { disk, row } = twoBlocks();
    disk.chain.write(row.offset + 10, new Uint8Array(50));
    const opened = open(disk, [row]);
    expect(opened.findings).toMatchObject([{ code: "LOST_WRITE_REPAIRED" }]);
    expect(soundSize(disk, opened.ledger)).toBe(2);
  });

  it("LOST_WRITE_REPAIRED: also when the file ends before it", () => {
    const { disk, row } = twoBlocks();
    disk.chain.truncate(row.offset);
    const opened = open(disk, [row]);
    expect(opened.findings).toMatchObject([{ code: "LOST_WRITE_REPAIRED" }]);
    expect(soundSize(disk, opened.ledger)).toBe(2);
  });

  it("STATE_ANOMALY: of two states that are not neighbours the newer is taken", () => {
    const { disk, ledger } = twoBlocks();
    const old = disk.readSlot(1);
    const rows = [2, 3].map((id) => {
      const prepared = ledger.prepare(checkpoint([grant(id)]));
      ledger.publish(prepared);
      return prepared.outbox;
    });
    disk.writeSlot(0, old);
    const opened = open(disk, rows.slice(1));
    expect(opened.findings).toMatchObject([{ code: "STATE_ANOMALY" }]);
    expect(soundSize(disk, opened.ledger)).toBe(4);
  });

  it("CHAIN_KEY_LOST: no slot is valid", () => {
    const { disk, row } = twoBlocks();
    disk.writeSlot(1, new Uint8Array(4096));
    expect(codeOf(() => open(disk, [row]))).toBe("CHAIN_KEY_LOST");
  });

  it.each([
    { name: "has no row", rows: (): readonly OutboxRow[] => [] },
    { name: "has only an older row", rows: (row: OutboxRow) => [{ ...row, index: 0 }] },
    {
      name: "has another block of that index",
      rows: (row: OutboxRow) => [{ ...row, bytes: row.bytes.toReversed() }],
    },
  ])("EVENT_STORE_REGRESSION: the database $name for the newest block", ({ rows }) => {
    const { disk, row } = twoBlocks();
    const before = disk.readSlot(1);
    expect(codeOf(() => open(disk, rows(row)))).toBe("EVENT_STORE_REGRESSION");
    expect(disk.readSlot(1)).toEqual(before);
    expect(soundSize(disk, open(disk, [row]).ledger)).toBe(2);
  });

  it("GENESIS_MISMATCH: block 0 is not the one the license names", () => {
    const { disk, row } = twoBlocks();
    const other = { ...VENDOR, genesisLeaf: genesis({ seed: "other" }).leaf };
    expect(codeOf(() => SealedLedger.open(disk, [row], other))).toBe("GENESIS_MISMATCH");
    const own = { ...VENDOR, genesisLeaf: genesis().leaf };
    expect(codeOf(() => SealedLedger.open(disk, [row], own))).toBe("accepted");
  });

  it("GENESIS_MISMATCH: the state belongs to another ledger than the blocks", () => {
    const { disk } = twoBlocks();
    const other = new FakeDisk();
    SealedLedger.create(other, genesis({ seed: "other" }), "acme.example");
    disk.writeSlot(0, other.readSlot(0));
    disk.writeSlot(1, other.readSlot(1));
    expect(codeOf(() => open(disk, []))).toBe("GENESIS_MISMATCH");
  });

  it("CHAIN_MISSING: there is no ledger file", () => {
    const { disk, row } = twoBlocks();
    disk.chain.truncate(0);
    expect(codeOf(() => open(disk, [row]))).toBe("CHAIN_MISSING");
    expect(codeOf(() => open(new FakeDisk(), []))).toBe("CHAIN_MISSING");
  });
});

describe("creating a ledger", () => {
  it("is refused where there is one", () => {
    const { disk } = twoBlocks();
    expect(codeOf(() => SealedLedger.create(disk, genesis(), "acme.example"))).toBe(
      "LEDGER_EXISTS",
    );
  });
});
