import { describe, expect, it } from "vitest";
import { concat } from "../../src/base/bytes.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import { handoffProof, readCommitment } from "../../src/ledger/keys.ts";
import { encodePayload } from "../../src/ledger/payload-codec.ts";
import { sealBlock } from "../../src/ledger/sealing.ts";
import {
  decodeSegmentExt,
  encodeSegmentExt,
  makeSegment,
  type SegmentExt,
} from "../../src/ledger/segment.ts";
import { Forger } from "../bundle/forged-block.ts";
import { auditorKey, noon, sealingKey, seeded } from "../bundle/given.ts";
import { flipped, rebuilt, rehashed, Site } from "../bundle/site.ts";
import { auditedSite, codesIn, licenseOf, shown } from "./given.ts";

/** A ledger of genesis, usage and a segment whose extension somebody with every key has chosen. */
function withSegment(change: (ext: SegmentExt, forger: Forger) => Partial<SegmentExt>): Uint8Array {
  const site = auditedSite();
  site.use(1);
  const forger = new Forger(site);
  const { auth, read, chainId, nextIndex: index } = forger.state;
  const made = makeSegment({
    chainId,
    segment: 1,
    index,
    auth,
    sealingKey,
    recipients: [auditorKey],
    entropy: concat(seeded("a"), seeded("b")),
  });
  const honest = decodeSegmentExt(made.ext);
  const ext = encodeSegmentExt({ ...honest, ...change(honest, forger) });
  const content = { type: "segment", createdAt: noon, highWater: noon, reason: "daily" } as const;
  const place = { ...forger.place, segment: 1, indexInSegment: 0 };
  const keys = { auth, read, newAuth: made.keys.auth };
  forger.append(sealBlock(place, { ...encodePayload(content), ext }, keys), made.keys);
  return forger.bundle();
}

describe("split-wrap: an auditor who is given other keys than the vendor", () => {
  it("is told READ_COMMIT_MISMATCH", () => {
    const bundle = withSegment(({ enc }, { state }) => {
      const readCommit = readCommitment(seeded("what the vendor gets"));
      const { auth, chainId, nextIndex: index } = state;
      const handoff = handoffProof(auth, { chainId, segment: 1, index, enc, readCommit });
      return { readCommit, handoff };
    });
    expect(codesIn(shown(bundle).report)).toEqual(["READ_COMMIT_MISMATCH"]);
  });

  it("is told WRAP_UNREADABLE when the share under its name is not for its key", () => {
    const bundle = withSegment(({ wraps: [wrap] }) => ({
      wraps: wrap ? [{ ...wrap, ciphertext: flipped(wrap.ciphertext, 7) }] : [],
    }));
    expect(codesIn(shown(bundle).report)).toEqual(["WRAP_UNREADABLE"]);
  });

  it("is told WRAP_UNREADABLE when the share is no key at all", () => {
    const bundle = withSegment(({ wraps: [wrap] }) => ({
      wraps: wrap ? [{ ...wrap, enc: new Uint8Array(32) }] : [],
    }));
    expect(codesIn(shown(bundle).report)).toEqual(["WRAP_UNREADABLE"]);
  });
});

describe("strip-stanza: a recipient list that somebody changed afterwards", () => {
  it("no longer opens under the read chain, and the blocks no longer follow one another", () => {
    const site = auditedSite();
    site.use(1);
    site.openSegment();
    site.use(1);
    const stripped = rebuilt(site.parts(), (blocks) =>
      blocks.map((block, index) => (index === 2 ? withoutAuditor(block) : block)),
    );
    expect(codesIn(shown(stripped).report)).toEqual([
      "ROOT_MISMATCH",
      "TAMPERED",
      "AUDITOR_LEFT_OUT",
      "HASH_CHAIN_BROKEN",
    ]);
  });
});

/** A SEGMENT block without its one wrap, lengths made to fit. */
function withoutAuditor(block: Uint8Array): Uint8Array {
  const shorter = concat(block.slice(0, 144 + 105), block.slice(144 + 193));
  shorter.set([0, 0, 0, 105], 136);
  shorter[144 + 104] = 0;
  return shorter;
}

describe("a bundle that was changed", () => {
  const site = auditedSite();
  site.use(2);
  const bundle = site.export();

  it("is TRANSPORT_DAMAGED and not read on when its closing hash differs", () => {
    const { report, blocks } = shown(flipped(bundle, 400));
    expect(codesIn(report)).toEqual(["TRANSPORT_DAMAGED"]);
    expect(blocks).toEqual([]);
    expect(report.unchecked).toEqual(["everything else: the file was not read on"]);
  });

  it("shows its change to anybody who reads it, but for tags, hand-offs and what the vendor is sent", () => {
    const silent = [...bundle.subarray(0, -32).keys()].filter(
      (at) => shown(rehashed(flipped(bundle, at, at % 8))).report.problemCount === 0,
    );
    // Only the tip: 32 bytes behind the root. What bears on blocks is held by the signed root.
    expect(silent).toEqual(Array.from({ length: 32 }, (_, n) => bundle.length - 64 + n));
  });

  it("is BAD_CHECKPOINT_SIGNATURE when somebody else has signed its head", () => {
    const { activation } = Site.activate("other");
    const { report } = shown(bundle, {
      license: { ...licenseOf(site), daemonKey: activation.daemonKey },
    });
    expect(codesIn(report)).toEqual(["BAD_CHECKPOINT_SIGNATURE", "GENESIS_MISMATCH"]);
  });

  it("is WRONG_CHAIN and GENESIS_MISMATCH under the license of another ledger", () => {
    const { report } = shown(bundle, { license: licenseOf(Site.activate("other")) });
    expect(codesIn(report)).toEqual(
      expect.arrayContaining(["WRONG_CHAIN", "GENESIS_MISMATCH", "BAD_CHECKPOINT_SIGNATURE"]),
    );
  });
});

describe("a ledger file that was changed", () => {
  const site = auditedSite();
  site.use(2);
  site.openSegment();
  site.use(1);
  const chain = site.chain();

  it("is MALFORMED where it ends inside a block, and shown up to there", () => {
    const { report, blocks } = shown(chain.subarray(0, -5));
    expect(codesIn(report)).toEqual(["MALFORMED"]);
    expect(blocks).toHaveLength(3);
  });

  it("is MALFORMED when it is empty, or no ledger", () => {
    expect(codesIn(shown(new Uint8Array(0)).report)).toEqual(["MALFORMED"]);
    expect(codesIn(shown(new Uint8Array(500)).report)).toEqual(["MALFORMED"]);
  });

  it("is WRONG_CHAIN when blocks of another ledger stand behind its own", () => {
    const other = Site.activate("other").chain();
    expect(codesIn(shown(concat(chain, other)).report)).toEqual(["WRONG_CHAIN"]);
  });

  it("is KEY_INDEX_MISMATCH when blocks stand there twice", () => {
    expect(codesIn(shown(concat(chain, chain)).report)).toEqual(["KEY_INDEX_MISMATCH"]);
  });

  it("opens under no other key", () => {
    const secret = seeded("somebody");
    expect(x25519PublicKey(secret)).not.toEqual(auditorKey);
    expect(codesIn(shown(chain, { secret }).report)).toEqual(["READER_UNKNOWN"]);
  });
});
