import { describe, expect, it } from "vitest";
import { verifyBundle } from "../../src/bundle/verify.ts";
import { sealingKeyId } from "../../src/crypto/key-id.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import { blockLeaf } from "../../src/ledger/block.ts";
import { sealingKey, sealingSecret, seeded } from "./given.ts";
import { rebuilt, Site } from "./site.ts";
import { sourceOf, Vendor } from "./vendor.ts";

describe("a bundle of a ledger that nobody activated here", () => {
  it("is of an UNKNOWN_CHAIN", () => {
    const site = Site.activate();
    const report = verifyBundle(sourceOf(site.export()), undefined);
    expect(report).toMatchObject({
      verdict: "UNKNOWN_CHAIN",
      claim: { chainId: site.ledger.chainId, size: 2 },
    });
  });
});

describe("a bundle under a license for another ledger", () => {
  it.each(["chainId", "daemonKey", "genesisLeaf"] as const)(
    "has the WRONG_LICENSE: %s",
    (field) => {
      const site = Site.activate();
      const other = Site.activate("other");
      const own = bindingOf(site);
      const license = { ...own, [field]: bindingOf(other)[field] };
      const vendor = new Vendor(site.activation);
      const bundle = site.export();
      expect(vendor.verify(bundle, { license }).verdict).toBe("WRONG_LICENSE");
      expect(vendor.verify(bundle, { license: own }).verdict).toBe("FIRST_VERIFIED");
    },
  );
});

describe("a bundle that does not belong to this ledger", () => {
  it("is of the WRONG_CHAIN as a whole", () => {
    const site = Site.activate();
    const other = Site.activate("other");
    expect(new Vendor(site.activation).verify(other.export()).verdict).toBe("WRONG_CHAIN");
  });

  it("is of the WRONG_CHAIN when one block was taken from another ledger", () => {
    const site = Site.activate();
    const other = Site.activate("other");
    site.use(1);
    other.use(1);
    site.sealExport();
    const [, foreign = new Uint8Array(0)] = other.parts().blocks;
    const bundle = rebuilt(site.parts(), ([first, , last]) =>
      [first, foreign, last].filter((block) => block !== undefined),
    );
    expect(new Vendor(site.activation).verify(bundle).verdict).toBe("WRONG_CHAIN");
  });
});

describe("a bundle sealed to a key that is not at hand", () => {
  it("has an UNKNOWN_SEALING_KEY from the first block on", () => {
    const site = Site.activate("site", x25519PublicKey(seeded("lost key")));
    site.use(1);
    expect(new Vendor(site.activation).verify(site.export()).verdict).toBe("UNKNOWN_SEALING_KEY");
  });

  it("has an UNKNOWN_SEALING_KEY from the change of keys on, and verifies once it is there", () => {
    const site = Site.activate();
    const vendor = new Vendor(site.activation);
    const newSecret = seeded("new sealing key");
    const newKey = x25519PublicKey(newSecret);
    site.use(1);
    site.openSegment("keys", newKey);
    site.use(1);
    const bundle = site.export();
    expect(vendor.verify(bundle)).toMatchObject({
      verdict: "UNKNOWN_SEALING_KEY",
      problems: [{ index: 2 }],
    });
    const secrets = new Map([
      [sealingKeyId(sealingKey), sealingSecret],
      [sealingKeyId(newKey), newSecret],
    ]);
    expect(vendor.verify(bundle, { secrets }).verdict).toBe("FIRST_VERIFIED");
  });
});

describe("a ledger that was begun anew", () => {
  it("has a GENESIS_MISMATCH although its ledger number was copied", () => {
    const site = Site.activate();
    const again = Site.activate("site", x25519PublicKey(seeded("own key")));
    again.use(1);
    again.sealExport();
    expect(again.ledger.chainId).toBe(site.ledger.chainId);
    expect(new Vendor(site.activation).verify(again.bundle()).verdict).toBe("GENESIS_MISMATCH");
  });

  it("has a GENESIS_MISMATCH when block 0 is left out and its directory row is forged", () => {
    const site = Site.activate();
    const again = Site.activate("site", x25519PublicKey(seeded("own key")));
    again.use(1);
    again.sealExport();
    const bundle = rebuilt(again.parts(), ([, ...rest]) => rest);
    expect(new Vendor(site.activation).verify(bundle).verdict).toBe("GENESIS_MISMATCH");
  });

  it("is TAMPERED when block 0 and its row are left out: the keys come from the activation alone", () => {
    const site = Site.activate();
    const again = Site.activate("site", x25519PublicKey(seeded("own key")));
    again.use(1);
    again.sealExport();
    const bundle = rebuilt(again.parts(), ([, ...rest]) => rest, { directory: [] });
    expect(new Vendor(site.activation).verify(bundle)).toMatchObject({
      verdict: "TAMPERED",
      next: undefined,
    });
  });
});

function bindingOf(site: Site): {
  chainId: Site["ledger"]["chainId"];
  daemonKey: Uint8Array;
  genesisLeaf: Uint8Array;
} {
  const { chainId, daemonKey, genesisBlock } = site.activation;
  return { chainId, daemonKey, genesisLeaf: blockLeaf(genesisBlock) };
}
