import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import { blockLeaf, decodeBlock } from "../../src/ledger/block.ts";
import { handoffProof, readCommitment, segmentInfo, stepKey } from "../../src/ledger/keys.ts";
import { openBlock, sealBlock, tagMatches } from "../../src/ledger/sealing.ts";
import { openSegment } from "../../src/ledger/segment.ts";

interface Vectors {
  readonly skV: string;
  readonly pkV: string;
  readonly chain_id: string;
  readonly segment0: Record<"info" | "enc" | "A0" | "R0" | "leaf", string>;
  readonly block1: Record<
    "mac_key" | "siv_key" | "events_root" | "siv" | "hex" | "leaf" | "a2",
    string
  >;
  readonly segment1: Record<"enc" | "handoff", string>;
}

const vectors = JSON.parse(
  readFileSync(new URL("../vectors/skc1-draft-vectors.json", import.meta.url), "utf8"),
) as Vectors;

const chainId = fromHex(vectors.chain_id);
const secret = fromHex(vectors.skV);
const opened = (segment: number, enc: string) =>
  openSegment({ secret, enc: fromHex(enc), chainId, segment });
const first = opened(0, vectors.segment0.enc);
const events = ["a2000101182a", "a2000201182b"].map(fromHex);

describe("the published vectors of SKC1", () => {
  it("name the vendor's key pair", () => {
    expect(toHex(sha256(new TextEncoder().encode("skc1 test vendor sk")))).toBe(vectors.skV);
    expect(toHex(x25519PublicKey(secret))).toBe(vectors.pkV);
  });

  it("fix the context of segment 0 and the seeds the vendor derives from its key share", () => {
    expect(toHex(segmentInfo(chainId, 0))).toBe(vectors.segment0.info);
    expect(toHex(first.auth)).toBe(vectors.segment0.A0);
    expect(toHex(first.read)).toBe(vectors.segment0.R0);
  });

  it("fix every byte of block 1", () => {
    const bytes = sealBlock(
      {
        chainId,
        index: 1,
        segment: 0,
        indexInSegment: 1,
        prevLeaf: fromHex(vectors.segment0.leaf),
      },
      {
        type: "checkpoint",
        plaintext: fromHex("82a2000101182aa2000201182b"),
        entries: events,
        ext: new Uint8Array(),
      },
      first,
    );
    expect(toHex(bytes)).toBe(vectors.block1.hex);
    expect(toHex(blockLeaf(bytes))).toBe(vectors.block1.leaf);
  });

  it("are read back by the vendor: tag, payload, events root", () => {
    const block = decodeBlock(fromHex(vectors.block1.hex));
    expect(tagMatches(block, first.auth)).toBe(true);
    expect(toHex(openBlock(block, first.read) ?? new Uint8Array())).toBe(
      "82a2000101182aa2000201182b",
    );
    expect(toHex(block.eventsRoot)).toBe(vectors.block1.events_root);
    expect(toHex(block.siv)).toBe(vectors.block1.siv);
    expect(toHex(stepKey(first.auth))).toBe(vectors.block1.a2);
  });

  it("fix the hand-off to segment 1, at index 2", () => {
    const second = opened(1, vectors.segment1.enc);
    const handoff = handoffProof(stepKey(first.auth), {
      chainId,
      segment: 1,
      index: 2,
      enc: fromHex(vectors.segment1.enc),
      readCommit: readCommitment(second.read),
    });
    expect(toHex(handoff)).toBe(vectors.segment1.handoff);
  });
});
