import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rawIdentity } from "../../src/base/identity.ts";
import { redactPersonalData } from "../../src/privacy/personal-data.ts";
import { pseudonymOf } from "../../src/privacy/pseudonym.ts";

const redacted = (text: string): string => redactPersonalData(text).text;

const PIECES: Readonly<Record<string, readonly string[]>> = {
  email: [
    "ada@example.com",
    "Ada.Lovelace+work@mail.example.co.uk",
    "grüße@bücher.example",
    "o'hara_99@ex-ample.museum",
    "root@192.0.2.7",
  ],
  phone: [
    "+49 30 1234567",
    "+1 (555) 123-4567",
    "+442079460958",
    "0049 30 1234567",
    "030/1234567",
    "(030) 1234 5678",
    "555-234-5678",
    "(555) 234-5678",
  ],
  ip: [
    "192.0.2.1",
    "10.0.0.255",
    "fe80::1",
    "2001:db8::8a2e:370:7334",
    "2001:0db8:0000:0000:0000:ff00:0042:8329",
    "::ffff:192.0.2.128",
    "fe80::1%eth0",
  ],
  mac: ["00:1a:2b:3c:4d:5e", "00-1A-2B-3C-4D-5E", "001a.2b3c.4d5e", "12:34:56:78:90:12"],
  // Published test numbers.
  card: [
    "4111111111111111",
    "4111 1111 1111 1111",
    "5555-5555-5555-4444",
    "2223003122003222",
    "3782 822463 10005",
    "6011111111111117",
    "3530111333300000",
    "30569309025904",
  ],
  iban: [
    "DE89370400440532013000",
    "DE89 3704 0044 0532 0130 00",
    "GB82 WEST 1234 5698 7654 32",
    "NO9386011117947",
    "FR1420041010050500013M02606",
    "MT84MALT011000012345MTLCAST001S",
  ],
  "national-id": [
    "85.07.30-033.28",
    "529.982.247-25",
    "11010519491231002X",
    "131052-308T",
    "2 55 08 14 168 025 38",
    "86095742719",
    "RSSMRA85T10A562S",
    "44051401359",
    "12345678Z",
    "X1234567L",
    "811218-9876",
    "756.9217.0769.85",
    "2341 2341 2346",
    "123-45-6789",
  ],
};
const EACH = Object.entries(PIECES).flatMap(([kind, pieces]) =>
  pieces.map((piece): [string, string] => [kind, piece]),
);

const LEFT_ALONE = [
  "cad.pro",
  "sim-3d.solver_2026",
  "plan.2026.11.22",
  "render@gpu",
  "1.2.3",
  "v1.2.3.4",
  "0.1.0-rc.1+build.20261122",
  "1.0.0+20261122123456",
  "seatkeeper/client@1.0.0-beta.rc",
  "2026-11-22",
  "2026-11-22T12:00:00.000Z",
  "2026-11-22T12:00:00+01:00",
  "12:00:00.000",
  "2026-11-22-12-00-00",
  "20261122T120000Z",
  "22/11/2026 12:00",
  "1700000000000",
  "1700000000000000",
  "01234567-89ab-4def-8123-456789012345",
  "123e4567-e89b-12d3-a456-426614174000",
  "127.0.0.1:27100",
  "ws://127.0.0.1:27100/v1",
  "[::1]:27100",
  "0.0.0.0",
  "::",
  "/var/lib/seatkeeper/acme.example/ledger.skc",
  "at run (file:///usr/lib/seatkeeper/seatkeeper.js:1234:56)",
  "std::vector",
  "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89",
  "seatkeeper 0.1.0 on linux 6.1.0-18-amd64",
  "4,294,967,296 bytes",
  "65536 blocks, 12345678 events, 1048576 bytes",
  "LEDGER_BLOCK_TOO_LARGE",
  "4111111111111112",
  "DE89370400440532013001",
  "529.982.247-26",
  "12345678A",
  "999.999.999.999",
  "SQLITE_BUSY: database is locked (5)",
];

const bytes = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((each) => Buffer.from(each));

describe("the privacy guard", () => {
  it.each(EACH)("takes out %s %s", (kind, piece) => {
    expect(redactPersonalData(piece)).toEqual({ text: `[${kind}]`, pieces: 1 });
  });

  it.each(LEFT_ALONE)("leaves %s alone", (text) => {
    expect(redactPersonalData(text)).toEqual({ text, pieces: 0 });
  });

  it("finds every piece wherever it stands in a sentence", () => {
    const before = fc.constantFrom(
      "",
      "for ",
      "(",
      '"',
      "peer=",
      "user: ",
      "a b c, ",
      "ws://",
      "\n",
    );
    const after = fc.constantFrom(
      "",
      " now",
      ")",
      '"',
      ", then",
      ".",
      ";",
      "!",
      " and 3 more",
      "\n",
    );
    fc.assert(
      fc.property(before, fc.constantFrom(...EACH), after, (start, [kind, piece], end) => {
        expect(redacted(start + piece + end)).toBe(`${start}[${kind}]${end}`);
      }),
      { numRuns: 2_000 },
    );
  });

  it("counts what it takes out, and what is left has nothing more to take", () => {
    const pieces = fc.array(fc.constantFrom(...EACH), { maxLength: 6 });
    fc.assert(
      fc.property(pieces, (chosen) => {
        const once = redactPersonalData(chosen.map(([, piece]) => piece).join(" | "));
        expect(once.pieces).toBe(chosen.length);
        expect(redactPersonalData(once.text)).toEqual({ text: once.text, pieces: 0 });
      }),
    );
  });

  it("leaves every id, hash, pseudonym and moment of Seatkeeper alone", () => {
    const moment = {
      min: new Date("2020-01-01"),
      max: new Date("2099-12-31"),
      noInvalidDate: true,
    };
    const own = fc.oneof(
      bytes(16).map((id) => id.toString("hex")),
      bytes(32).map((hash) => hash.toString("hex")),
      bytes(32).map((key) => key.toString("base64url")),
      bytes(64).map((signature) => signature.toString("base64")),
      bytes(32).map((key) => pseudonymOf(key, "user", rawIdentity("ada"))),
      fc.uuid(),
      fc.date(moment).map((date) => date.toISOString()),
      fc.date(moment).map((date) => date.toISOString().slice(0, 10)),
      fc.tuple(fc.nat(99), fc.nat(999), fc.nat(9_999)).map((version) => version.join(".")),
    );
    fc.assert(
      fc.property(own, (text) => {
        expect(redactPersonalData(text)).toEqual({ text, pieces: 0 });
      }),
      { numRuns: 5_000 },
    );
  });

  it("takes no long time over any text", () => {
    const hostile = ["a.".repeat(50_000), "1 ".repeat(50_000), ":".repeat(100_000)];
    const more = [
      "a@".repeat(50_000),
      "1.".repeat(50_000),
      "+1".repeat(50_000),
      "DE89 ".repeat(20_000),
    ];
    for (const text of [...hostile, ...more]) expect(redacted(text)).toHaveLength(text.length);
  });
});
