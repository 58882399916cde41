import { describe, expect, it } from "vitest";
import { signerFromSeed } from "../../src/crypto/ed25519.ts";
import { blockLeaf } from "../../src/ledger/block.ts";
import { tipProof } from "../../src/ledger/keys.ts";
import { rootOf } from "../../src/merkle/tree.ts";
import { signHead } from "../../src/note/checkpoint.ts";
import { seeded } from "./given.ts";
import { rebuilt, Site } from "./site.ts";
import { Vendor } from "./vendor.ts";

describe("a ledger whose end was cut off", () => {
  it("is TIP_INVALID when only the blocks are gone", () => {
    const { site, vendor } = fourBlocks();
    const bundle = rebuilt(site.parts(), (blocks) => blocks.slice(0, -1));
    expect(vendor.verify(bundle)).toMatchObject({ verdict: "TIP_INVALID", next: undefined });
  });

  it("is TIP_INVALID when size, root and head were made to fit, with the keys of today", () => {
    const { site, vendor } = fourBlocks();
    const { auth, chainId } = site.stolenState();
    const blocks = [...site.parts().blocks].slice(0, -2);
    const leaves = blocks.map(blockLeaf);
    const root = rootOf(leaves);
    const size = blocks.length;
    const bundle = site.bundle({
      blocks,
      blockCount: size,
      size,
      root,
      tip: tipProof(auth, { chainId, size, lastLeaf: leaves.at(-1) ?? root, root }),
      checkpoint: site.signHead(size, root),
    });
    expect(vendor.verify(bundle)).toMatchObject({ verdict: "TIP_INVALID", problemCount: 1 });
  });

  it("is TIP_INVALID with the tip of an older export, and cannot hide the blocks after it", () => {
    const { site, vendor } = fourBlocks();
    const { tip } = site.parts();
    site.use(1);
    site.sealExport();
    expect(vendor.verify(site.bundle({ tip })).verdict).toBe("TIP_INVALID");
  });

  it("is TIP_INVALID without any tip, as a site exports that lost its keys", () => {
    const { site, vendor } = fourBlocks();
    const report = vendor.verify(site.bundle({ tip: new Uint8Array(32) }));
    expect(report.verdict).toBe("TIP_INVALID");
    expect(report.checked).toContain("V7 no tip proven");
  });

  it("is TIP_INVALID when it claims a size in the millions", () => {
    const { site, vendor } = fourBlocks();
    expect(vendor.verify(site.bundle({ size: 1_999_999 }))).toMatchObject({
      verdict: "TIP_INVALID",
      missingBlockCount: 1_999_995,
    });
  });
});

describe("a head that the licensed daemon did not sign", () => {
  it("is a BAD_CHECKPOINT_SIGNATURE by another key", () => {
    const { site, vendor } = fourBlocks();
    const { origin } = site.activation;
    const { size, root } = site.ledger;
    const signer = signerFromSeed(seeded("another daemon"));
    const checkpoint = signHead({ origin, size, root }, { name: origin, signer });
    expect(vendor.verify(site.bundle({ checkpoint }))).toMatchObject({
      verdict: "BAD_CHECKPOINT_SIGNATURE",
      head: undefined,
      checkpoint: undefined,
    });
  });

  it("is a BAD_CHECKPOINT_SIGNATURE when it names another size, root or origin", () => {
    const { site, vendor } = fourBlocks();
    const { size, root } = site.ledger;
    const origin = `${site.activation.origin}0`;
    for (const checkpoint of [
      site.signHead(size - 1, root),
      site.signHead(size, seeded("another root")),
      signHead({ origin, size, root }, { name: origin, signer: site.daemon }),
      "no note",
    ]) {
      expect(vendor.verify(site.bundle({ checkpoint })).verdict).toBe("BAD_CHECKPOINT_SIGNATURE");
    }
  });

  it("never makes up for wrong blocks by being right", () => {
    const { site, vendor } = fourBlocks();
    const blocks = [...site.parts().blocks].slice(0, 2);
    const root = rootOf(blocks.map(blockLeaf));
    const checkpoint = site.signHead(2, root);
    const bundle = site.bundle({ blocks, blockCount: 2, size: 2, root, checkpoint });
    const report = vendor.verify(bundle);
    expect(report.verdict).toBe("TIP_INVALID");
    expect(report.head).toMatchObject({ size: 2 });
  });
});

function fourBlocks(): { site: Site; vendor: Vendor } {
  const site = Site.activate();
  site.use(1);
  site.use(1);
  site.sealExport();
  return { site, vendor: new Vendor(site.activation) };
}
