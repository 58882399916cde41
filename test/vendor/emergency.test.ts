import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { decodeTerms } from "../../src/license/terms.ts";
import type { EmergencyUse } from "../../src/vendor/emergency.ts";
import { Desk, day, granted, noon, terms } from "./given.ts";
import { Site } from "./site.ts";

const lentTerms = decodeTerms({
  site: "Example GmbH",
  features: [{ name: "cad.pro", seats: 3 }],
  emergency_days: 2,
});

/** A site with two emergency days, whose server was lost after one grant that was acknowledged. */
function lost(): { readonly desk: Desk; readonly site: Site; readonly evidence: Uint8Array } {
  const desk = Desk.open();
  const site = new Site(desk.folder.vendor);
  const { license } = desk.issue(site.request(), lentTerms);
  site.checkpoint([granted()]);
  desk.ingest(site.export());
  return { desk, site, evidence: sha256(utf8(license.text)) };
}

/** The ledger that stands in for it, with a license of its own by now, after so many days. */
function standIn({ desk, site }: ReturnType<typeof lost>): Site {
  const predecessor = { chainId: site.genesis.chainId, ...site.acknowledged, size: 3 };
  const successor = new Site(desk.folder.vendor, undefined, { daemon: site.daemon, predecessor });
  desk.issue(successor.request(), terms);
  return successor;
}

const reported = (desk: Desk, site: Site): readonly EmergencyUse[] =>
  desk.ingest(site.export()).emergencies;

describe("days of an emergency", () => {
  it("are counted once each, with what the license gave", () => {
    const loss = lost();
    const site = standIn(loss);
    for (const count of [1, 1, 2]) site.emergencyDay(count, noon + 1, loss.evidence);
    expect(reported(loss.desk, site)).toEqual([
      {
        chainId: site.genesis.chainId,
        since: noon + 1,
        days: 2,
        license: {
          licenseId: expect.any(String) as string,
          chainId: loss.site.genesis.chainId,
          allowed: 2,
          used: 2,
          lostSealedAt: expect.any(Number) as number,
        },
      },
    ]);
  });

  it("add up over every machine on which the same backup was restored", () => {
    const loss = lost();
    const [one, other] = [standIn(loss), standIn(loss)];
    one.emergencyDay(2, noon, loss.evidence);
    reported(loss.desk, one);
    other.emergencyDay(1, noon + day, loss.evidence);
    other.emergencyDay(2, noon + day, loss.evidence);
    expect(reported(loss.desk, other)).toMatchObject([
      { days: 2, license: { used: 3, allowed: 2 } },
    ]);
  });

  it("are not counted again by a ledger that went on with the count of another", () => {
    const loss = lost();
    const [one, next] = [standIn(loss), standIn(loss)];
    one.emergencyDay(1, noon, loss.evidence);
    reported(loss.desk, one);
    next.emergencyDay(1, noon + 900, loss.evidence);
    next.emergencyDay(2, noon + 900, loss.evidence);
    expect(reported(loss.desk, next)).toMatchObject([{ days: 2, license: { used: 2 } }]);
  });

  it("under no license of this vendor are told as such", () => {
    const loss = lost();
    const site = standIn(loss);
    site.emergencyDay(1, noon, new Uint8Array(32).fill(9));
    expect(reported(loss.desk, site)).toMatchObject([{ days: 1, license: null }]);
  });

  it("are held against the server that was given up for lost, when it reports again", () => {
    const loss = lost();
    const site = standIn(loss);
    site.emergencyDay(1, noon + 2 * day, loss.evidence);
    expect(reported(loss.desk, site)).toMatchObject([{ license: { lostSealedAt: null } }]);
    loss.site.checkpoint([], { minutes: (3 * day) / 60_000 });
    const told = loss.desk.ingest(loss.site.export(), { now: noon + 4 * day });
    expect(told.emergencies).toMatchObject([
      { chainId: site.genesis.chainId, license: { lostSealedAt: noon + 3 * day + 60_000 } },
    ]);
  });
});
