import { describe, expect, it } from "vitest";
import { unixMillis } from "../../src/base/time.ts";
import { writeReceipt } from "../../src/bundle/receipt.ts";
import { issuer, issuerKey, minute, noon, seeded, vendorName } from "./given.ts";
import { Site } from "./site.ts";
import { Vendor } from "./vendor.ts";

describe("a site that recorded something itself", () => {
  it("is VERIFIED_WITH_INCIDENTS, counts, and the incident is told", () => {
    const site = Site.activate();
    const vendor = new Vendor(site.activation);
    site.use(2);
    site.seal({
      type: "incident",
      code: "LOST_WRITE_REPAIRED",
      evidenceHash: null,
      firstSeen: noon,
      count: 3,
    });
    expect(vendor.ingest(site.export())).toMatchObject({
      verdict: "VERIFIED_WITH_INCIDENTS",
      standing: "FIRST_VERIFIED",
      findings: [{ kind: "INCIDENT", index: 2, code: "LOST_WRITE_REPAIRED", count: 3 }],
      findingCount: 1,
    });
    expect(vendor.counted).toEqual([1, 2]);
  });

  it("is told of once: the next bundle EXTENDS", () => {
    const site = Site.activate();
    const vendor = new Vendor(site.activation);
    site.seal({ type: "incident", code: "X", evidenceHash: null, firstSeen: noon, count: 1 });
    site.takeReceipt(vendor.acknowledge(site.export()));
    site.use(1);
    expect(vendor.ingest(site.export())).toMatchObject({ verdict: "EXTENDS", findings: [] });
  });
});

describe("a site whose clock went astray", () => {
  it("is VERIFIED_WITH_INCIDENTS when it went back", () => {
    const site = Site.activate();
    site.use(1);
    site.use(1, { wall: unixMillis(noon - 60 * minute), highWater: noon });
    expect(findingsOf(site)).toEqual([
      { kind: "CLOCK_BACK", index: 2, millis: 61 * minute },
      { kind: "CLOCK_BEHIND", index: 2, millis: 60 * minute },
    ]);
  });

  it("is VERIFIED_WITH_INCIDENTS when it ran ahead of the machine and of the vendor", () => {
    const site = Site.activate();
    site.use(1);
    const later = unixMillis(noon + 2 * 24 * 60 * minute);
    site.use(1, { wall: later, highWater: later, boottime: 2 * minute });
    expect(findingsOf(site)).toEqual([
      { kind: "CLOCK_JUMP", index: 2, millis: 2 * 24 * 60 * minute - 2 * minute },
      { kind: "CLOCK_AHEAD", index: 2, millis: 2 * 24 * 60 * minute - 60 * minute },
    ]);
  });

  it("is no incident when the machine slept, or was started again", () => {
    const site = Site.activate();
    const later = unixMillis(noon + 40 * minute);
    site.use(1);
    site.use(1, { wall: later, highWater: later, mono: 2 * minute, boottime: 40 * minute });
    const evening = unixMillis(noon + 55 * minute);
    site.use(1, { wall: evening, highWater: evening, bootId: "boot-2", boottime: 5 });
    expect(findingsOf(site)).toEqual([]);
  });
});

describe("a site that moved to another host", () => {
  it("is CLONE_SUSPECTED when no start on that host is recorded", () => {
    const site = Site.activate();
    site.use(1);
    site.hostHash = seeded("another host");
    expect(new Vendor(site.activation).verify(site.export())).toMatchObject({
      verdict: "CLONE_SUSPECTED",
      problems: [{ index: 2 }],
    });
  });

  it("is VERIFIED_WITH_INCIDENTS when it says so", () => {
    const site = Site.activate();
    site.hostHash = seeded("another host");
    site.seal({
      type: "start",
      version: "0.1.0",
      bootId: "boot-1",
      previousShutdownClean: true,
      redoneBlocks: 0,
      fsType: null,
      virtualised: null,
      swapOn: null,
      wall: noon,
      hostHash: site.hostHash,
    });
    expect(findingsOf(site)).toEqual([{ kind: "HOST_CHANGED", index: 1 }]);
  });
});

describe("a site with unusual exports", () => {
  it("is VERIFIED_WITH_INCIDENTS when an export number comes twice", () => {
    const site = Site.activate();
    site.sealExport();
    site.exportNo = 0;
    expect(findingsOf(site)).toEqual([{ kind: "EXPORT_NUMBER", index: 2, exportNo: 1 }]);
  });

  it("is told when the ledger does not end with an export", () => {
    const site = Site.activate();
    site.use(1);
    expect(new Vendor(site.activation).verify(site.bundle())).toMatchObject({
      verdict: "FIRST_VERIFIED",
      findings: [{ kind: "EXPORT_ABSENT", index: 1 }],
    });
  });
});

describe("a site with a receipt that the vendor did not give like this", () => {
  it("is a RECEIPT_CONFLICT when the vendor never gave one", () => {
    const site = Site.activate();
    const stranger = new Vendor(site.activation);
    site.takeReceipt(stranger.acknowledge(site.export()));
    expect(new Vendor(site.activation).verify(site.export())).toMatchObject({
      verdict: "RECEIPT_CONFLICT",
    });
  });

  it("is a RECEIPT_CONFLICT when it has the number of another", () => {
    const site = Site.activate();
    const vendor = new Vendor(site.activation);
    const bundle = site.export();
    vendor.acknowledge(bundle);
    const checkpoint = site.parts().checkpoint;
    site.takeReceipt(
      writeReceipt(
        {
          vendor: vendorName,
          chainId: site.ledger.chainId,
          receiptNo: 1,
          head: checkpoint,
          vendorTime: noon,
          nonce: seeded("another nonce"),
          issuer,
        },
        issuerKey,
      ),
    );
    expect(vendor.verify(site.export()).verdict).toBe("RECEIPT_CONFLICT");
  });

  it("is a RECEIPT_CONFLICT when the export lacks the nonce of the receipt in the ledger", () => {
    const site = Site.activate();
    const vendor = new Vendor(site.activation);
    site.takeReceipt(vendor.acknowledge(site.export()));
    site.lastReceipt = undefined;
    expect(vendor.verify(site.export())).toMatchObject({
      verdict: "RECEIPT_CONFLICT",
      problems: [{ index: 4 }],
    });
  });

  it("is a RECEIPT_CONFLICT when the export carries the number with another nonce", () => {
    const site = Site.activate();
    const vendor = new Vendor(site.activation);
    site.takeReceipt(vendor.acknowledge(site.export()));
    if (!site.lastReceipt) throw new Error("a receipt expected");
    site.lastReceipt = { ...site.lastReceipt, nonce: seeded("a guess") };
    expect(vendor.verify(site.export()).verdict).toBe("RECEIPT_CONFLICT");
  });
});

/** The findings of a bundle that verifies in spite of them. */
function findingsOf(site: Site): unknown {
  const { verdict, findings } = new Vendor(site.activation).verify(site.export());
  expect(verdict).toBe(findings.length === 0 ? "FIRST_VERIFIED" : "VERIFIED_WITH_INCIDENTS");
  return findings;
}
