import { describe, expect, it } from "vitest";
import { signerFromSeed } from "../../src/crypto/ed25519.ts";
import { signHead } from "../../src/note/checkpoint.ts";
import { checkpointOf, Forger } from "./forged-block.ts";
import { seeded } from "./given.ts";
import { Site } from "./site.ts";
import { Vendor } from "./vendor.ts";

/** The vendor has the keys of every block, and so can seal whatever it likes behind what it got. */
function invented(): { site: Site; forger: Forger } {
  const site = Site.activate();
  site.use(1);
  const forger = new Forger(site);
  forger.seal(checkpointOf(site));
  return { site, forger };
}

describe("a vendor that invents usage", () => {
  it("has blocks, root and tip that fit: only the head tells", () => {
    const { site, forger } = invented();
    expect(new Vendor(site.activation).verify(forger.bundle()).verdict).toBe("FIRST_VERIFIED");
  });

  it("has no head of the daemon over it: a claim without one is a BAD_CHECKPOINT_SIGNATURE", () => {
    const { site, forger } = invented();
    const { origin } = site.activation;
    const { nextIndex: size, frontier } = forger.state;
    const signer = signerFromSeed(seeded("the vendor's own idea of a daemon key"));
    const own = signHead({ origin, size, root: frontier.root() }, { name: origin, signer });
    const honest = site.signHead(site.ledger.size, site.ledger.root);
    for (const checkpoint of [own, honest]) {
      const claim = forger.bundle(undefined, checkpoint);
      expect(new Vendor(site.activation).verify(claim)).toMatchObject({
        verdict: "BAD_CHECKPOINT_SIGNATURE",
        checkpoint: undefined,
      });
    }
  });
});
