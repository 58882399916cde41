import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { unixMillis } from "../../src/base/time.ts";
import { readLicense } from "../../src/license/license.ts";
import {
  type Revocations,
  readRevocations,
  writeRevocations,
} from "../../src/license/revocations.ts";
import { dataFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { ingest, receiptFor } from "./at-the-vendor.ts";
import {
  aDaemon,
  type GivenDaemon,
  issuing,
  licenseFor,
  root,
  started,
  usualTerms,
  vendor,
} from "./given.ts";
import { Workstation } from "./workstation.ts";

const trust = { vendorName: vendor, rootKey: root.publicKey };

function revocations(changes: Partial<Revocations>): Revocations {
  const issuedAt = unixMillis(Date.now());
  const fields = { vendor, number: 1, issuedAt, issuers: [], licenses: [], ...changes };
  return readRevocations(writeRevocations(fields, root), trust);
}

const idIn = (license: Uint8Array): string => readLicense(license, trust).licenseId;

async function seatsOf({ admin }: GivenDaemon): Promise<unknown> {
  const { vendors } = await admin.status();
  return vendors[0]?.features.find(({ feature }) => feature === "cad.pro")?.seats ?? 0;
}

const codesOf = (list: readonly { readonly code: string }[]): readonly string[] =>
  list.map(({ code }) => code);

/** Whether it can serve, why not, and what is revoked. */
async function standing({ admin }: GivenDaemon): Promise<object> {
  const { ready, problems, vendors } = await admin.status();
  const revokedHere = codesOf(vendors.flatMap((each) => each.revoked));
  return { ready, problems: codesOf(problems), revoked: revokedHere };
}

/** A daemon with two licenses of three seats each, of which the second has revoked the first. */
async function revoked(): Promise<{
  readonly daemon: GivenDaemon;
  readonly first: Uint8Array;
  readonly second: Uint8Array;
}> {
  const daemon = await aDaemon();
  const first = licenseFor(daemon.site);
  await daemon.admin.installLicense(first);
  const list = revocations({ number: 5, licenses: [idIn(first)] });
  const second = licenseFor(daemon.site, usualTerms, { revocations: list });
  await daemon.admin.installLicense(second);
  return { daemon, first, second };
}

describe("a license that a later one revokes", () => {
  it("is out of force at once, and the status says why", async () => {
    const { daemon, first } = await revoked();
    expect(await seatsOf(daemon)).toBe(6);
    expect(await standing(daemon)).toMatchObject({ ready: true, revoked: ["LICENSE_REVOKED"] });
    const { licenses } = await daemon.admin.licenses();
    const shown = licenses.filter(({ problem }) => problem !== "");
    expect(shown).toMatchObject([{ licenseId: idIn(first), problem: "LICENSE_REVOKED" }]);
    expect(daemon.log.join("")).toContain('"event":"license.revoked"');
  });

  it("cannot be installed again", async () => {
    const { daemon, first } = await revoked();
    await expect(daemon.admin.installLicense(first)).rejects.toMatchObject({
      code: "LICENSE_REVOKED",
    });
  });

  it("stays out of force when the license that brought the list is gone", async () => {
    const { daemon, second } = await revoked();
    await daemon.stop();
    const { licenses } = vendorFolder(dataFolder(daemon.site.config.dataDir), vendor);
    rmSync(join(licenses, `${idIn(second)}.sklic`));
    const again = await started(daemon.site);
    expect(await seatsOf(again)).toBe(3);
    expect(await standing(again)).toMatchObject({ ready: true, revoked: ["LICENSE_REVOKED"] });
  });

  it("stays out of force when an older list comes", async () => {
    const { daemon } = await revoked();
    const older = revocations({ number: 4 });
    await daemon.admin.installLicense(licenseFor(daemon.site, usualTerms, { revocations: older }));
    expect(await standing(daemon)).toMatchObject({ ready: true, revoked: ["LICENSE_REVOKED"] });
  });

  it("does not keep the daemon from reading its licenses again", async () => {
    const { daemon } = await revoked();
    await daemon.admin.reload();
    expect(await seatsOf(daemon)).toBe(6);
  });
});

describe("an issuing key that is revoked", () => {
  it("has its licenses refused from then on, and those installed ended", async () => {
    const daemon = await aDaemon();
    const list = revocations({ issuers: [issuing.publicKey] });
    const { report } = ingest(await exported(daemon), daemon.site.request);
    // By the key itself: what it signs is not believed, the list inside is the root key's.
    const receipt = receiptFor(report, 1, undefined, { revocations: list });
    await expect(daemon.admin.importReceipt(receipt)).rejects.toMatchObject({
      code: "LICENSE_ISSUER_REVOKED",
    });
    const license = licenseFor(daemon.site, usualTerms, { revocations: list });
    await expect(daemon.admin.installLicense(license)).rejects.toMatchObject({
      code: "LICENSE_ISSUER_REVOKED",
    });
    expect(await seatsOf(daemon)).toBe(3);
  });
});

describe("a receipt", () => {
  it("brings the list too: what it revokes ends, and who connects is told", async () => {
    const daemon = await aDaemon();
    const { licenses } = await daemon.admin.licenses();
    const ada = await Workstation.greeted(daemon.url);
    const list = revocations({ licenses: licenses.map(({ licenseId }) => licenseId) });
    const { report } = ingest(await exported(daemon), daemon.site.request);
    await daemon.admin.importReceipt(receiptFor(report, 1, undefined, { revocations: list }));
    await ada.notified("license.changed");
    expect(await ada.acquire("cad.pro")).toMatchObject({
      error: { data: { reason: "NO_LICENSE" } },
    });
    expect(await standing(daemon)).toEqual({
      ready: false,
      problems: ["NO_LICENSE"],
      revoked: ["LICENSE_REVOKED"],
    });
  });

  it("fits into the ledger with the longest list there may be", async () => {
    const daemon = await aDaemon();
    const list = revocations({
      licenses: Array.from({ length: 500 }, (_, count) => count.toString(16).padStart(32, "0")),
      issuers: Array.from({ length: 100 }, (_, count) => utf8(String(count).padStart(32, "k"))),
    });
    const { report } = ingest(await exported(daemon), daemon.site.request);
    await daemon.admin.importReceipt(receiptFor(report, 1, undefined, { revocations: list }));
    const { report: next } = ingest(await exported(daemon), daemon.site.request);
    expect(next).toMatchObject({ missingBlockCount: 0 });
    expect((await daemon.admin.status()).vendors[0]?.ledger.acknowledged).toBeGreaterThan(0);
  });
});

async function exported({ admin }: GivenDaemon): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  await admin.exportUsage((piece) => void pieces.push(piece));
  return Buffer.concat(pieces);
}
