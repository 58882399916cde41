import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHex, toHex, utf8 } from "../../src/base/bytes.ts";
import { leaseId } from "../../src/base/ids.ts";
import { millis, unixMillis } from "../../src/base/time.ts";
import type { UsageEvent } from "../../src/base/usage-event.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import { type DirectoryRow, encodeDirectoryRow } from "../../src/ledger/directory.ts";
import type { BlockDraft, CheckpointDraft, SegmentDraft } from "../../src/ledger/draft.ts";
import { makeGenesis } from "../../src/ledger/genesis.ts";
import type { Clocks } from "../../src/ledger/payload.ts";
import { SealedLedger } from "../../src/ledger/sealed-ledger.ts";
import { openSegmentForReading, type ReadOpening } from "../../src/ledger/segment.ts";
import { decodeSlot } from "../../src/ledger/state.ts";
import { FakeDisk } from "./disk.ts";
import { ada, nextDay, noon, workstation } from "./given.ts";

/** What `test/vectors/make-skc1-vectors.py` wrote, which shares no line with this program. */
interface Vectors {
  readonly vendor_secret: string;
  readonly auditor_secret: string;
  readonly chain_id: string;
  readonly entropy: readonly [string, string];
  readonly daemon_key: string;
  readonly host_hash: string;
  readonly lease: string;
  readonly segments: readonly Record<"A" | "R" | "directory_row", string>[];
  readonly blocks: readonly string[];
  readonly leaves: readonly string[];
  readonly root: string;
  readonly tip: string;
  readonly slot: string;
  readonly wraps: readonly {
    readonly name: string;
    readonly segment: number;
    readonly wrap: string;
    readonly read_commit: string;
    readonly kind: ReadOpening["kind"];
    readonly read: string | null;
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL("../vectors/skc1-vectors.json", import.meta.url), "utf8"),
) as Vectors;

const at = (offset: number) => unixMillis(noon + offset);
const clocks = (wall: number): Clocks => ({
  wall: unixMillis(wall),
  mono: 120_000,
  bootId: "boot-1",
  highWater: unixMillis(wall),
  boottime: 120_500,
  clientSkewMedian: null,
});
const lease = leaseId(vectors.lease);
const seat = { feature: "cad.pro", user: ada };
const refused = { type: "denial", ...seat, reason: "NO_SEATS" } as const;
const released = {
  type: "end",
  ...seat,
  count: 2,
  lease,
  reason: "released",
  seatMillis: millis(4),
} as const;
const metered = {
  type: "usage",
  meter: "render.minutes",
  units: 12,
  user: ada,
  client: workstation,
} as const;

const today: readonly UsageEvent[] = [
  { id: 1, type: "grant", ...seat, wall: at(1), count: 2, lease, overdraft: false },
  { id: 2, ...refused, wall: at(2) },
  { id: 3, ...released, wall: at(3) },
  { id: 4, ...metered, wall: at(4), usedAt: at(-5) },
];
const tomorrow: readonly UsageEvent[] = [
  { id: 5, type: "grant", ...seat, wall: at(1), count: 2, lease, overdraft: false },
  { id: 6, ...refused, wall: at(2) },
  { id: 7, ...released, wall: at(3) },
  { id: 8, ...metered, wall: at(4), usedAt: at(-5) },
];
const borrowed = leaseId(toHex(sha256(utf8("borrowed lease 0")).slice(0, 16)));
const week = unixMillis(noon + 7 * 86_400_000);
/** Borrowed and returned; another lease given up by the vendor. */
const borrowing = (first: number): readonly UsageEvent[] => [
  {
    id: first,
    type: "grant",
    ...seat,
    wall: unixMillis(nextDay + 1),
    count: 1,
    lease: borrowed,
    overdraft: false,
  },
  {
    id: first + 1,
    type: "borrow",
    ...seat,
    wall: unixMillis(nextDay + 1),
    count: 1,
    lease: borrowed,
    until: week,
  },
  {
    ...released,
    id: first + 2,
    wall: unixMillis(nextDay + 2),
    count: 1,
    lease: borrowed,
    reason: "returned",
    seatMillis: millis(1),
  },
  {
    ...released,
    id: first + 3,
    wall: unixMillis(nextDay + 3),
    count: 1,
    reason: "vendor-released",
    seatMillis: millis(5),
  },
];
const namings: readonly UsageEvent[] = [
  { id: 18, type: "naming", ...seat, wall: unixMillis(nextDay + 2), change: "named" },
  { id: 19, type: "naming", ...seat, wall: unixMillis(nextDay + 3), change: "unnamed" },
];
const refunded: UsageEvent = {
  ...metered,
  id: 17,
  type: "refund",
  units: 2,
  wall: unixMillis(nextDay + 1),
  usedAt: at(-5),
};
const open = [{ feature: "sim.solver", seatMillis: millis(60_000) }];
const sealingKey = x25519PublicKey(fromHex(vectors.vendor_secret));

interface Sealed {
  readonly disk: FakeDisk;
  readonly ledger: SealedLedger;
  readonly rows: readonly DirectoryRow[];
}

function sealedAgain(): Sealed {
  const random = [vectors.chain_id, vectors.entropy[0]].map(fromHex);
  const genesis = makeGenesis({
    vendorName: "acme.example",
    sealingKey,
    recipients: [x25519PublicKey(fromHex(vectors.auditor_secret))],
    daemonKey: fromHex(vectors.daemon_key),
    hostHash: fromHex(vectors.host_hash),
    requestId: "req-1",
    createdAt: noon,
    random: (count) => random.shift() ?? new Uint8Array(count),
  });
  const disk = new FakeDisk();
  const ledger = SealedLedger.create(disk, genesis, "acme.example");
  const rows = [genesis.directoryRow];
  const seal = (draft: BlockDraft): void => {
    const prepared = ledger.prepare(draft);
    ledger.publish(prepared);
    if (prepared.directoryRow) rows.push(prepared.directoryRow);
  };
  seal(eventsOfToday);
  const ackRoot = ledger.root;
  seal(nextSegment);
  seal(totalsOfTomorrow);
  seal({ type: "receipt", note: "a receipt\n", receiptNo: 1, ackSize: 2, ackRoot });
  seal(borrowEvents);
  seal(borrowTotals);
  seal(givenBack);
  seal(givenBackInTotals);
  return { disk, ledger, rows };
}

const inUse = new Map([["sim.solver", 1]]);
const eventsOfToday: CheckpointDraft = {
  type: "checkpoint",
  detail: "events",
  firstEventId: 1,
  events: today,
  later: [],
  open,
  inUse,
  from: noon,
  clocks: clocks(at(60_000)),
};
const totalsOfTomorrow: CheckpointDraft = {
  ...eventsOfToday,
  detail: "totals",
  firstEventId: 5,
  events: tomorrow,
  from: at(60_000),
  clocks: clocks(nextDay),
};
const borrowEvents: CheckpointDraft = {
  ...eventsOfToday,
  firstEventId: 9,
  events: borrowing(9),
  open: [],
  inUse: new Map(),
  from: nextDay,
  clocks: clocks(nextDay + 60_000),
};
const borrowTotals: CheckpointDraft = {
  ...borrowEvents,
  detail: "totals",
  firstEventId: 13,
  events: borrowing(13),
  from: unixMillis(nextDay + 60_000),
  clocks: clocks(nextDay + 120_000),
};
const givenBack: CheckpointDraft = {
  ...borrowEvents,
  firstEventId: 17,
  events: [refunded, ...namings],
  from: unixMillis(nextDay + 120_000),
  clocks: clocks(nextDay + 180_000),
};
const givenBackInTotals: CheckpointDraft = {
  ...givenBack,
  detail: "totals",
  firstEventId: 20,
  events: givenBack.events.map((event) => ({ ...event, id: event.id + 3 })),
  from: unixMillis(nextDay + 180_000),
  clocks: clocks(nextDay + 240_000),
};
const nextSegment: SegmentDraft = {
  type: "segment",
  createdAt: nextDay,
  highWater: nextDay,
  reason: "daily",
  sealingKey,
  recipients: [],
  entropy: fromHex(vectors.entropy[1]),
};

describe("an independent implementation of the specification", () => {
  const { disk, ledger, rows } = sealedAgain();

  it("seals the same events to the same bytes", () => {
    expect(toHex(disk.readChain(0, disk.chainLength()))).toBe(vectors.blocks.join(""));
  });

  it("comes to the same root and the same tip proof", () => {
    expect(toHex(ledger.root)).toBe(vectors.root);
    expect(toHex(ledger.tip())).toBe(vectors.tip);
  });

  it("leaves the same state slot", () => {
    const slot = [disk.readSlot(0), disk.readSlot(1)].find((bytes) => decodeSlot(bytes));
    expect(toHex(slot ?? new Uint8Array())).toBe(vectors.slot);
  });

  it("names the same rows of the segment directory", () => {
    expect(rows.map((row) => toHex(encodeDirectoryRow(row)))).toEqual(
      vectors.segments.map((segment) => segment.directory_row),
    );
  });
});

describe("the format page", () => {
  it("opens with block 3 of the vectors, whole", () => {
    const page = readFileSync(new URL("../../docs/spec/ledger.md", import.meta.url), "utf8");
    const [, example = ""] = page.split("```");
    const hex = [...example.matchAll(/^(?:\d+|) +([0-9a-f]{2,})(?=\s|\.)/gm)].map(
      ([, bytes]) => bytes,
    );
    const block = vectors.blocks[3] ?? "";
    expect(block.startsWith(hex.slice(0, -1).join(""))).toBe(true);
    expect(block.slice(-64).startsWith(hex.at(-1) ?? "none")).toBe(true);
  });
});

describe("an auditor's share that an independent program wrote", () => {
  it.each(vectors.wraps)("$name: is $kind", ({ wrap, read_commit, segment, kind, read }) => {
    const bytes = fromHex(wrap);
    const opening = openSegmentForReading({
      secret: fromHex(vectors.auditor_secret),
      wrap: {
        kid: bytes.subarray(0, 8),
        enc: bytes.subarray(8, 40),
        ciphertext: bytes.subarray(40),
      },
      readCommit: fromHex(read_commit),
      chainId: fromHex(vectors.chain_id),
      segment,
    });
    expect(opening).toEqual(read === null ? { kind } : { kind, read: fromHex(read) });
  });
});
