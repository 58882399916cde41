import { describe, expect, it } from "vitest";
import { concat, u32, u64 } from "../../src/base/bytes.ts";
import type { BundleParts } from "../../src/bundle/bundle.ts";
import { blockTag, handoffProof, readCommitment } from "../../src/ledger/keys.ts";
import { encodePayload } from "../../src/ledger/payload-codec.ts";
import { sealBlock } from "../../src/ledger/sealing.ts";
import { decodeSegmentExt, encodeSegmentExt, makeSegment } from "../../src/ledger/segment.ts";
import { steppedKeys } from "../../src/ledger/succession.ts";
import { checkpointOf, Forger } from "./forged-block.ts";
import { noon, sealingKey, seeded } from "./given.ts";
import { flipped, rebuilt, Site } from "./site.ts";
import { Vendor } from "./vendor.ts";

describe("a sealed block that was changed", () => {
  it("is TAMPERED", () => {
    const { vendor, parts } = fiveBlocks();
    const bundle = rebuilt(parts, (blocks) =>
      blocks.map((block, index) => (index === 2 ? flipped(block, block.length - 40) : block)),
    );
    expect(vendor.verify(bundle)).toMatchObject({
      verdict: "TAMPERED",
      problems: [{ index: 2 }, { verdict: "ROOT_MISMATCH" }],
      next: undefined,
    });
  });

  it("is TAMPERED when it is put back with the tag of its neighbour", () => {
    const { vendor, parts } = fiveBlocks();
    const bundle = rebuilt(parts, ([genesis, first, second, ...rest]) => {
      const head = first?.slice(0, -32) ?? new Uint8Array(0);
      const tag = second?.slice(-32) ?? new Uint8Array(0);
      return [genesis, concat(head, tag), second, ...rest].filter((block) => block !== undefined);
    });
    expect(vendor.verify(bundle).verdict).toBe("TAMPERED");
  });

  it("is TAMPERED when a block is renumbered to hide that one is gone", () => {
    const { vendor, parts } = fiveBlocks();
    const bundle = rebuilt(parts, ([genesis, , second, ...rest]) => {
      const moved = concat(
        second?.slice(0, 24) ?? new Uint8Array(0),
        u64(1),
        u32(0),
        u32(1),
        second?.slice(40) ?? new Uint8Array(0),
      );
      return [genesis, moved, ...rest].filter((block) => block !== undefined);
    });
    expect(vendor.verify(bundle).verdict).toBe("TAMPERED");
  });

  it("is TAMPERED when the directory tells another story than the blocks", () => {
    const site = Site.activate();
    site.use(1);
    site.openSegment();
    site.sealExport();
    const vendor = new Vendor(site.activation);
    const [genesis, second] = site.directory;
    if (!genesis || !second) throw new Error("two segments expected");
    const changed = [genesis, { ...second, enc: seeded("another share") }];
    const invented = [...site.directory, { ...second, segment: 2, index: 3 }];
    expect(vendor.verify(site.bundle({ directory: changed })).verdict).toBe("TAMPERED");
    expect(vendor.verify(site.bundle({ directory: invented })).verdict).toBe("TAMPERED");
    expect(vendor.verify(site.bundle({ directory: [] })).verdict).toBe("FIRST_VERIFIED");
  });
});

describe("blocks in another order", () => {
  it.each([
    ["swapped", [0, 2, 1, 3, 4]],
    ["repeated", [0, 1, 1, 3, 4]],
    ["reversed", [4, 3, 2, 1, 0]],
  ] as const)("are a KEY_INDEX_MISMATCH: %s", (_, order) => {
    const { vendor, parts } = fiveBlocks();
    const bundle = rebuilt(parts, (blocks) =>
      order.map((index) => blocks[index]).filter((block) => block !== undefined),
    );
    expect(vendor.verify(bundle).verdict).toBe("KEY_INDEX_MISMATCH");
  });

  it("are a KEY_INDEX_MISMATCH when a segment seems to begin later than it was handed over", () => {
    const site = Site.activate();
    site.use(1);
    site.openSegment();
    site.use(1);
    site.sealExport();
    const bundle = rebuilt(site.parts(), ([genesis, first, , checkpoint, last]) =>
      [genesis, first, placedAt(checkpoint, 2), placedAt(last, 3)].filter(
        (block) => block !== undefined,
      ),
    );
    expect(new Vendor(site.activation).verify(bundle).verdict).toBe("KEY_INDEX_MISMATCH");
  });
});

describe("who owns the machine and seals what is not so", () => {
  it("is an EVENT_GAP when events are passed over", () => {
    const site = Site.activate();
    site.use(2);
    site.nextEvent = 5;
    site.use(1);
    expect(new Vendor(site.activation).verify(site.export())).toMatchObject({
      verdict: "EVENT_GAP",
      problems: [{ index: 2, detail: "events 3 to 4 were never sealed" }],
    });
  });

  it("is an EVENT_DUPLICATE when events are sealed twice", () => {
    const site = Site.activate();
    site.use(2);
    site.nextEvent = 2;
    site.use(1);
    expect(new Vendor(site.activation).verify(site.export())).toMatchObject({
      verdict: "EVENT_DUPLICATE",
      problems: [{ index: 2 }],
    });
  });

  it("is no EVENT_GAP when a checkpoint holds seat time alone, which names no event", () => {
    const site = Site.activate();
    site.use(2);
    const next = site.nextEvent;
    site.nextEvent = 0;
    site.use(0);
    site.nextEvent = next;
    site.use(1);
    expect(new Vendor(site.activation).verify(site.export()).verdict).toBe("FIRST_VERIFIED");
  });

  it("is an EVENT_GAP at the seam of two bundles", () => {
    const site = Site.activate();
    const vendor = new Vendor(site.activation);
    site.use(2);
    site.takeReceipt(vendor.acknowledge(site.export()));
    site.nextEvent = 4;
    site.use(1);
    expect(vendor.verify(site.export()).verdict).toBe("EVENT_GAP");
  });

  it("is an EVENTS_ROOT_MISMATCH when clients were shown other entries", () => {
    const site = Site.activate();
    site.use(1);
    const forger = new Forger(site);
    forger.seal(checkpointOf(site), { entries: [seeded("shown to the client")] });
    expect(new Vendor(site.activation).verify(forger.bundle()).verdict).toBe(
      "EVENTS_ROOT_MISMATCH",
    );
  });

  it("is a ROOT_MISMATCH when another root is proven and signed than the blocks have", () => {
    const site = Site.activate();
    site.use(1);
    const forger = new Forger(site);
    forger.seal(checkpointOf(site));
    expect(new Vendor(site.activation).verify(forger.bundle(seeded("another root")))).toMatchObject(
      {
        verdict: "ROOT_MISMATCH",
        problemCount: 1,
      },
    );
  });

  it("is TAMPERED when something is sealed that is no payload", () => {
    const site = Site.activate();
    const forger = new Forger(site);
    forger.seal(checkpointOf(site), { plaintext: Uint8Array.of(0xff) });
    expect(new Vendor(site.activation).verify(forger.bundle()).verdict).toBe("TAMPERED");
  });

  it("is TAMPERED when a ciphertext would open differently for another reader", () => {
    const site = Site.activate();
    const forger = new Forger(site);
    const before = forger.state;
    forger.seal(checkpointOf(site));
    const sealed = forger.blocks.pop() ?? new Uint8Array(0);
    // Another synthetic IV, under a tag that fits.
    const tagged = flipped(sealed.slice(0, -32), 104);
    forger.state = before;
    forger.append(concat(tagged, blockTag(before.auth, tagged)), steppedKeys(before));
    expect(new Vendor(site.activation).verify(forger.bundle())).toMatchObject({
      verdict: "TAMPERED",
      problems: [{ index: 1, detail: "the block does not open" }],
    });
  });

  it("is TAMPERED when a block continues another block than the one before it", () => {
    const site = Site.activate();
    site.use(1);
    const forger = new Forger(site);
    forger.state = { ...forger.state, prevLeaf: seeded("another block") };
    forger.seal(checkpointOf(site));
    expect(new Vendor(site.activation).verify(forger.bundle()).verdict).toBe("TAMPERED");
  });

  it("is a READ_COMMIT_MISMATCH when auditor and vendor would get different keys", () => {
    const site = Site.activate();
    site.use(1);
    const forger = new Forger(site);
    const { auth, read, chainId, nextIndex: index, segment } = forger.state;
    const made = makeSegment({
      chainId,
      segment: segment + 1,
      index,
      auth,
      sealingKey,
      recipients: [],
      entropy: concat(seeded("a"), seeded("b")),
    });
    const { enc, vendorKid } = decodeSegmentExt(made.ext);
    const readCommit = readCommitment(seeded("what the auditor gets"));
    const handoff = handoffProof(auth, { chainId, segment: segment + 1, index, enc, readCommit });
    const ext = encodeSegmentExt({ vendorKid, enc, readCommit, handoff, wraps: [] });
    const payload = encodePayload({
      type: "segment",
      createdAt: noon,
      highWater: noon,
      reason: "daily",
    });
    const place = { ...forger.place, segment: segment + 1, indexInSegment: 0 };
    const block = sealBlock(place, { ...payload, ext }, { auth, read, newAuth: made.keys.auth });
    forger.append(block, made.keys);
    expect(new Vendor(site.activation).verify(forger.bundle()).verdict).toBe(
      "READ_COMMIT_MISMATCH",
    );
  });
});

/** The block with another position in its segment, index unchanged. */
function placedAt(block: Uint8Array | undefined, indexInSegment: number): Uint8Array | undefined {
  return block && concat(block.slice(0, 36), u32(indexInSegment), block.slice(40));
}

function fiveBlocks(): { vendor: Vendor; parts: BundleParts } {
  const site = Site.activate();
  site.use(1);
  site.use(1);
  site.use(1);
  site.sealExport();
  return { vendor: new Vendor(site.activation), parts: site.parts() };
}

/** One event, a minute after the last. */
