import { describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { chainId } from "../../src/base/ids.ts";
import { millis, unixMillis } from "../../src/base/time.ts";
import type { UsageEvent } from "../../src/base/usage-event.ts";
import { decodeCbor, encodeCbor } from "../../src/ledger/cbor.ts";
import { type Cbor } from "../../src/ledger/cbor-value.ts";
import { fitEvents } from "../../src/ledger/checkpoint-size.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import type { Payload } from "../../src/ledger/payload.ts";
import {
  decodePayload,
  encodePayload,
  type PayloadSource,
} from "../../src/ledger/payload-codec.ts";
import {
  ada,
  borrow,
  checkpoint,
  clocksAt,
  denial,
  giveBack,
  grant,
  minutePast,
  nextDay,
  noon,
  release,
  seeded,
  usage,
} from "./given.ts";

function readBack(source: PayloadSource): Payload {
  const { type, plaintext } = encodePayload(source);
  return decodePayload(type, source.type === "genesis" ? 0 : 7, plaintext).payload;
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

const many = (count: number): readonly UsageEvent[] =>
  Array.from({ length: count }, (_, at) =>
    at % 2 === 0 ? grant(at + 1) : release(at + 1, 10 ** 9),
  );

describe("each payload", () => {
  it.each<PayloadSource & Payload>([
    {
      type: "genesis",
      requestId: "req-1",
      daemonKey: seeded("daemon"),
      origin: "acme.example/skc/7150aa1c43ca3113b40a372c4f9f6db5",
      createdAt: noon,
      hostHash: seeded("host"),
      predecessor: {
        chainId: chainId("00112233445566778899aabbccddeeff"),
        size: 9,
        root: seeded("root"),
      },
    },
    { type: "segment", createdAt: noon, highWater: minutePast, reason: "receipt" },
    {
      type: "receipt",
      note: "line\n\n— acme x\n",
      receiptNo: 3,
      ackSize: 9,
      ackRoot: seeded("root"),
    },
    {
      type: "export",
      exportNo: 2,
      sizeBefore: 41,
      lastReceiptNo: null,
      receiptNonce: null,
      wall: noon,
      hostHash: seeded("host"),
    },
    { type: "incident", code: "CLOCK_ANOMALY", evidenceHash: null, firstSeen: noon, count: 2 },
    {
      type: "start",
      version: "0.1.0",
      bootId: "boot",
      previousShutdownClean: false,
      redoneBlocks: 1,
      fsType: "ext4",
      virtualised: null,
      swapOn: null,
      wall: noon,
      hostHash: seeded("host"),
    },
    { type: "heartbeat", clocks: clocksAt(noon), distinctWitnesses7d: 0, openLeases: 4 },
    { type: "close", wall: noon },
  ])("of type $type is read as it was written", (payload) => {
    expect(readBack(payload)).toEqual(payload);
  });
});

describe("a checkpoint with events", () => {
  const events = [grant(5), release(6, 1_000), denial(7), usage(8, 12)];

  it("is read as it was written, with the seat time of open leases added up by feature", () => {
    const open = [
      { feature: "sim", seatMillis: millis(1) },
      { feature: "cad.pro", seatMillis: millis(2) },
      { feature: "sim", seatMillis: millis(3) },
    ];
    expect(readBack(checkpoint(events, { open }))).toEqual({
      type: "checkpoint",
      meta: {
        detail: "events",
        firstEventId: 5,
        count: 4,
        from: noon,
        to: minutePast,
        clocks: clocksAt(minutePast),
      },
      events,
      open: [
        { feature: "cad.pro", seatMillis: 2 },
        { feature: "sim", seatMillis: 4 },
      ],
    });
  });

  it("names each entry under its events root by the bytes it has in the payload", () => {
    const { plaintext, entries } = encodePayload(checkpoint(events));
    const hex = toHex(plaintext);
    expect(entries).toHaveLength(4);
    expect(entries.every((entry) => hex.includes(toHex(entry)))).toBe(true);
  });

  it("is refused where event ids leave a gap", () => {
    expect(codeOf(() => encodePayload(checkpoint([grant(5), grant(7)])))).toBe(
      "LEDGER_EVENT_ORDER",
    );
  });

  it("is refused where a name would not print", () => {
    expect(codeOf(() => encodePayload(checkpoint([grant(1, "cad\u001b[2J")])))).toBe(
      "LEDGER_PAYLOAD",
    );
  });
});

const weekPast = unixMillis(noon + 7 * 86_400_000);

describe("a checkpoint with totals", () => {
  it("says what each feature and meter did, and names no one", () => {
    const events = [grant(5), release(6, 1_000), denial(7), usage(8, 12)];
    const draft = checkpoint(events, { detail: "totals" });
    expect(readBack(draft)).toMatchObject({
      meta: { detail: "totals", firstEventId: 5, count: 4 },
      features: [
        {
          feature: "cad.pro",
          grants: 1,
          released: 1,
          denials: [{ reason: "NO_SEATS", count: 1 }],
          seatMillis: 1_000,
          peak: 1,
          inUse: 0,
        },
      ],
      meters: [{ meter: "render.minutes", records: 1, units: 12, late: 0 }],
    });
    expect(new TextDecoder().decode(encodePayload(draft).plaintext)).not.toContain(ada);
  });

  it("says how often leases were borrowed, until when at the latest, and how they came back", () => {
    const events = [grant(5), borrow(6, weekPast), borrow(7, nextDay), giveBack(8)];
    const totals = readBack(checkpoint(events, { detail: "totals" }));
    const until = weekPast;
    expect(totals).toMatchObject({
      features: [{ released: 0, borrow: { borrows: 2, until, returned: 1, vendorReleased: 0 } }],
    });
  });

  it("may speak of no event at all", () => {
    expect(readBack(checkpoint([], { detail: "totals" }))).toMatchObject({
      meta: { firstEventId: 0, count: 0 },
      features: [],
      meters: [],
    });
  });
});

describe("a payload from elsewhere is refused", () => {
  const { plaintext } = encodePayload(checkpoint([grant(1), grant(2)], { detail: "events" }));
  const [meta, first, second] = decodeCbor(plaintext) as readonly ReadonlyMap<number, Cbor>[];
  const withMeta = (key: number, value: Cbor): Cbor => [
    new Map([...(meta ?? []), [key, value]]),
    first ?? 0,
    second ?? 0,
  ];

  it.each<readonly [string, Cbor]>([
    ["that is no array", new Map()],
    ["without meta", []],
    ["with an unknown detail", withMeta(8, 2)],
    ["with an unknown field in meta", withMeta(10, 0)],
    ["with a negative clock", withMeta(2, -1)],
    ["that counts more events than it has", withMeta(1, 3)],
    ["that counts fewer", withMeta(1, 1)],
    ["whose events begin elsewhere", withMeta(0, 2)],
    ["that says events where there are totals", withMeta(8, 0)],
    ["with events out of order", [meta ?? 0, second ?? 0, first ?? 0]],
    ["with an unknown event", [meta ?? 0, first ?? 0, new Map([...(second ?? []), [1, 9]])]],
    [
      "with a field too many in an event",
      [meta ?? 0, first ?? 0, new Map([...(second ?? []), [9, 0]])],
    ],
  ])("%s", (_, value) => {
    expect(codeOf(() => decodePayload("checkpoint", 7, encodeCbor(value)))).toBe("LEDGER_PAYLOAD");
  });

  it("of another type than its block says", () => {
    expect(codeOf(() => decodePayload("start", 7, plaintext))).toBe("LEDGER_PAYLOAD");
  });
});

describe("the number of events that fit into one block", () => {
  it("is all of them while there are few", () => {
    expect(fitEvents(many(100), "events")).toBe(100);
  });

  it("is about nine hundred with the events detail, and they really fit", () => {
    const fitting = fitEvents(many(5_000), "events");
    expect(fitting).toBeGreaterThan(700);
    expect(fitting).toBeLessThan(1_100);
    expect(encodePayload(checkpoint(many(fitting))).plaintext.length).toBeLessThanOrEqual(65_536);
    expect(codeOf(() => encodePayload(checkpoint(many(fitting + 100))))).toBe(
      "LEDGER_BLOCK_TOO_LARGE",
    );
  });

  it("does not end with totals while the names are few", () => {
    expect(fitEvents(many(50_000), "totals")).toBe(50_000);
  });

  it("ends with totals when every denial names another feature", () => {
    const strange = Array.from(
      { length: 3_000 },
      (_, at) => ({ ...denial(at + 1), feature: `f${at}` }) as UsageEvent,
    );
    const fitting = fitEvents(strange, "totals");
    expect(fitting).toBeGreaterThan(300);
    const draft = checkpoint(strange.slice(0, fitting), { detail: "totals" });
    expect(encodePayload(draft).plaintext.length).toBeLessThanOrEqual(65_536);
  });

  it("leaves an event for the next block when only the seat time does not fit", () => {
    const fitting = fitEvents(many(5_000), "events");
    const open = [
      { feature: "x".repeat(60), seatMillis: millis(1) },
      { feature: "y".repeat(60), seatMillis: millis(1) },
      { feature: "z".repeat(60), seatMillis: millis(1) },
    ];
    expect(fitEvents(many(fitting), "events", open)).toBe(fitting - 1);
  });
});
