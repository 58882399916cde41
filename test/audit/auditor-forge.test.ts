import { describe, expect, it } from "vitest";
import { concat } from "../../src/base/bytes.ts";
import { VERDICT_FACTS, type Verdict } from "../../src/bundle/verdict.ts";
import { decodeCbor, encodeCbor } from "../../src/ledger/cbor.ts";
import { stepKey } from "../../src/ledger/keys.ts";
import { encodePayload } from "../../src/ledger/payload-codec.ts";
import { makeSegment } from "../../src/ledger/segment.ts";
import { auditorKey, noon, sealingKey, seeded } from "../bundle/given.ts";
import { flipped, rehashed, type Site } from "../bundle/site.ts";
import { Vendor } from "../bundle/vendor.ts";
import {
  forgedBundle,
  mended,
  type Piece,
  renumbered,
  type TagGuess,
  takenApart,
  tipByReadKey,
} from "./forger.ts";
import { auditedSite, codesIn, shown } from "./given.ts";

const GUESSES: readonly TagGuess[] = ["as they stood", "by the read keys", "zeros"];

interface Scene {
  readonly site: Site;
  readonly vendor: Vendor;
  readonly bundle: Uint8Array;
  readonly blocks: readonly Uint8Array[];
  readonly pieces: readonly Piece[];
}

/** Two segments, both with an auditor: genesis, usage, segment, usage, usage, export. */
function scene(): Scene {
  const site = auditedSite();
  site.use(2);
  site.openSegment();
  site.use(3);
  site.use(1);
  const bundle = site.export();
  const vendor = new Vendor(site.activation);
  expect(vendor.verify(bundle).verdict).toBe("FIRST_VERIFIED");
  expect(codesIn(shown(bundle).report)).toEqual([]);
  return { site, vendor, bundle, blocks: [...site.parts().blocks], pieces: takenApart(bundle) };
}

const isRefused = (verdict: Verdict): boolean =>
  VERDICT_FACTS[verdict].counts !== "yes" && verdict !== "DUPLICATE" && verdict !== "STALE";

/** What the vendor says to these pieces under each guess at the tags and at the tip. */
function verdictsOn(
  { site, vendor, blocks }: Scene,
  pieces: readonly Piece[],
  keep: readonly number[] = [],
): readonly Verdict[] {
  return GUESSES.flatMap((guess) => {
    const forged = mended(pieces, blocks, guess, keep);
    const last = pieces.at(-1);
    const next = last ? (last.seed ?? stepKey(last.read)) : new Uint8Array(32);
    const tips = [site.ledger.tip(), tipByReadKey(forged, next), new Uint8Array(32)];
    return tips.map((tip) => vendor.verify(forgedBundle(site, forged, tip)).verdict);
  });
}

const replaced = (pieces: readonly Piece[], at: number, change: Partial<Piece>): Piece[] =>
  pieces.map((piece, index) => (index === at ? { ...piece, ...change } : piece));

/** Every field of a header: where it begins and ends. */
const HEADER_FIELDS = [
  ["magic", 0, 4],
  ["version", 4, 5],
  ["type", 5, 6],
  ["suite", 6, 7],
  ["flags", 7, 8],
  ["chain_id", 8, 24],
  ["index", 24, 32],
  ["segment", 32, 36],
  ["index_in_segment", 36, 40],
  ["prev_leaf", 40, 72],
  ["events_root", 72, 104],
] as const;

/** Every field of the extension of a segment with one auditor. */
const EXTENSION_FIELDS = [
  ["vendor_kid", 0, 8],
  ["enc", 8, 40],
  ["read_commit", 40, 72],
  ["handoff", 72, 104],
  ["number of auditors", 104, 105],
  ["auditor's kid", 105, 113],
  ["auditor's enc", 113, 145],
  ["auditor's share", 145, 193],
] as const;

const CHECKPOINT = 3;
const SEGMENT = 2;

describe("auditor-forge: with all that an auditor has, and the daemon's signature on top", () => {
  it("the tools are good: a forged payload stands up to the auditor's own checks", () => {
    const { site, pieces, blocks } = scene();
    const forged = mended(replaced(pieces, CHECKPOINT, oneUnitLess(pieces)), blocks, "zeros");
    const { report } = shown(forgedBundle(site, forged, new Uint8Array(32)));
    expect(codesIn(report)).toEqual([]);
    expect(report.opened).toBe(6);
  });

  it.each(HEADER_FIELDS)("no other %s of a header is taken", (_, from, to) => {
    const given = scene();
    const verdicts = [CHECKPOINT, SEGMENT].flatMap((at) =>
      bytesOf(from, to).flatMap((offset) => {
        const { header = new Uint8Array(0) } = given.pieces[at] ?? {};
        const pieces = replaced(given.pieces, at, { header: flipped(header, offset) });
        return verdictsOn(given, pieces, [from]);
      }),
    );
    expect(verdicts.length).toBeGreaterThanOrEqual(18);
    expect(verdicts.filter((verdict) => !isRefused(verdict))).toEqual([]);
  });

  it.each(EXTENSION_FIELDS)("no other %s of a segment is taken", (_, from, to) => {
    const given = scene();
    const verdicts = bytesOf(from, to).flatMap((offset) => {
      const { ext = new Uint8Array(0) } = given.pieces[SEGMENT] ?? {};
      return verdictsOn(given, replaced(given.pieces, SEGMENT, { ext: flipped(ext, offset) }));
    });
    expect(verdicts.filter((verdict) => !isRefused(verdict))).toEqual([]);
  });

  it("no other byte of a payload is taken", () => {
    const { site, vendor, pieces, blocks } = scene();
    const plaintext = pieces[CHECKPOINT]?.plaintext ?? new Uint8Array(0);
    const verdicts = [...plaintext.keys()].map((offset) => {
      const changed = { plaintext: flipped(plaintext, offset, offset % 8) };
      const guess = GUESSES[offset % 3] ?? "zeros";
      const forged = mended(replaced(pieces, CHECKPOINT, changed), blocks, guess);
      return vendor.verify(forgedBundle(site, forged, site.ledger.tip())).verdict;
    });
    expect(verdicts.length).toBeGreaterThan(100);
    expect(verdicts.filter((verdict) => !isRefused(verdict))).toEqual([]);
  });

  it("no byte of siv, cipher, tags, lengths or frame can be exchanged either", () => {
    const { vendor, bundle } = scene();
    const content = bundle.length - 32;
    const verdicts = Array.from({ length: content }, (_, at) =>
      at % 7 === 0 ? vendor.verify(rehashed(flipped(bundle, at, at % 8))).verdict : "FORK",
    );
    expect(verdicts.filter((verdict) => !isRefused(verdict))).toEqual([]);
  });

  it("a checkpoint that says one unit less is TAMPERED, whichever tag it bears", () => {
    const given = scene();
    const pieces = replaced(given.pieces, CHECKPOINT, oneUnitLess(given.pieces));
    expect(new Set(verdictsOn(given, pieces))).toEqual(new Set(["TAMPERED"]));
  });

  it("a block that is taken out and closed over is not accepted", () => {
    const given = scene();
    const pieces = given.pieces.filter((_, index) => index !== CHECKPOINT);
    // The read keys of the places are what they are: each block moves to the keys of its new place.
    const moved = pieces.map((piece, index) =>
      index < CHECKPOINT
        ? piece
        : {
            ...piece,
            header: renumbered(piece.header, index, index - SEGMENT),
            read: given.pieces[index]?.read ?? piece.read,
          },
    );
    expect(verdictsOn(given, moved).filter((verdict) => !isRefused(verdict))).toEqual([]);
  });

  it("a tail that is cut off is missed, whichever tip stands at the cut", () => {
    const given = scene();
    const verdicts = [3, 4, 5].flatMap((size) => verdictsOn(given, given.pieces.slice(0, size)));
    expect(new Set(verdicts)).toEqual(new Set(["TIP_INVALID"]));
  });

  it("a block that is added is TAMPERED", () => {
    const given = scene();
    const last = given.pieces.at(-1);
    if (!last) throw new Error("no blocks");
    const header = renumbered(last.header, 6, 4);
    const added = { ...last, header, read: stepKey(last.read) };
    expect(new Set(verdictsOn(given, [...given.pieces, added]))).toEqual(new Set(["TAMPERED"]));
  });

  it("a segment of the auditor's own making, with seeds it knows in full, stays UNANCHORED", () => {
    const { site, vendor, pieces, blocks } = scene();
    const before = pieces.slice(0, SEGMENT);
    const old = pieces[SEGMENT];
    if (!old) throw new Error("no segment");
    const made = makeSegment({
      chainId: old.header.slice(8, 24),
      segment: 1,
      index: SEGMENT,
      // The best that the auditor has where the site has its auth key.
      auth: old.read,
      sealingKey,
      recipients: [auditorKey],
      entropy: concat(seeded("its own"), seeded("entropy")),
    });
    const content = { type: "segment", createdAt: noon, highWater: noon, reason: "daily" } as const;
    const { plaintext } = encodePayload(content);
    const seed = made.keys.read;
    const opening: Piece = { ...old, ext: made.ext, plaintext, seed };
    const forged = mended([...before, opening], blocks, "by the read keys");
    for (const handoff of [old.ext.slice(72, 104), made.row.handoff]) {
      const row = { ...made.row, handoff };
      const directory = [...site.directory.slice(0, 1), row];
      const bundle = forgedBundle(site, forged, seed, directory);
      expect(vendor.verify(bundle).verdict).toBe("UNANCHORED");
    }
  });

  it("another first block is a GENESIS_MISMATCH", () => {
    const given = scene();
    const first = given.pieces[0]?.plaintext ?? new Uint8Array(0);
    const pieces = replaced(given.pieces, 0, { plaintext: flipped(first, first.length - 2) });
    expect(new Set(verdictsOn(given, pieces))).toEqual(new Set(["GENESIS_MISMATCH"]));
  });

  it("what was acknowledged cannot be rewritten afterwards either", () => {
    const given = scene();
    given.site.takeReceipt(given.vendor.acknowledge(given.bundle));
    given.site.use(1);
    const pieces = replaced(given.pieces, CHECKPOINT, oneUnitLess(given.pieces));
    expect(verdictsOn(given, pieces).filter((verdict) => !isRefused(verdict))).toEqual([]);
  });
});

/** First, middle and last byte of a field. */
const bytesOf = (from: number, to: number): readonly number[] => [
  ...new Set([from, Math.floor((from + to) / 2), to - 1]),
];

/** The checkpoint with its first event of one unit fewer: what a customer would like to have. */
function oneUnitLess(pieces: readonly Piece[]): Partial<Piece> {
  const plaintext = pieces[CHECKPOINT]?.plaintext ?? new Uint8Array(0);
  const [meta = null, event, ...others] = decodeCbor(plaintext) as readonly Cbor[];
  const less = new Map([...(event as ReadonlyMap<number, Cbor>), [3, 0] as const]);
  return { plaintext: encodeCbor([meta, less, ...others]) };
}

type Cbor = ReturnType<typeof decodeCbor>;
