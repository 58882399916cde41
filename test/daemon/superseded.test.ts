import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { toHex, utf8 } from "../../src/base/bytes.ts";
import { chainId } from "../../src/base/ids.ts";
import { unixMillis } from "../../src/base/time.ts";
import type { Signer } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import {
  readSupersede,
  type Supersede,
  type SupersedeFields,
  writeSupersede,
} from "../../src/license/supersede.ts";
import { ingest, receiptFor } from "./at-the-vendor.ts";
import {
  aDaemon,
  emptyFolder,
  type GivenDaemon,
  issuerNote,
  issuing,
  licenseFor,
  root,
  started,
  usualTerms,
  vendor,
} from "./given.ts";
import { application, grow, heads, incidents, putBack, snapshotOf, visit } from "./putting-back.ts";

const refusing = { ...usualTerms, witness_policy: "refuse" };

async function reported({
  admin,
  site,
}: GivenDaemon): Promise<ReturnType<typeof ingest>["report"]> {
  const pieces: Uint8Array[] = [];
  await admin.exportUsage((piece) => void pieces.push(piece));
  return ingest(Buffer.concat(pieces), site.request).report;
}

/** The vendor accepts the daemon's ledger as it is now. */
async function accepting(
  daemon: GivenDaemon,
  fields: Partial<SupersedeFields> & Pick<SupersedeFields, "abandonedUpTo">,
  signer: Signer = issuing,
): Promise<{ readonly text: string; readonly report: Awaited<ReturnType<typeof reported>> }> {
  const report = await reported(daemon);
  const text = writeSupersede(
    {
      vendor,
      chainId: daemon.site.request.chainId,
      number: 7,
      head: report.checkpoint ?? "",
      abandoned: [],
      reason: "put back to a snapshot",
      issuedAt: unixMillis(Date.now()),
      issuer: issuerNote,
      ...fields,
    },
    signer,
  );
  return { text, report };
}

function noteOf({ site }: GivenDaemon, text: string): Supersede {
  const { chainId: chain, daemonKey } = site.request;
  const trust = { vendorName: vendor, rootKey: root.publicKey, chainId: chain, daemonKey };
  return readSupersede(text, trust);
}

/** A receipt for what was reported, with a note that nobody has looked at. */
function receiptWith(
  { report, text }: Awaited<ReturnType<typeof accepting>>,
  receiptNo: number,
): Uint8Array {
  const supersede = { text } as Supersede;
  return receiptFor(report, receiptNo, undefined, { supersede });
}

describe("a put-back server that the vendor has accepted", () => {
  it("has its workstations back, those that are connected as well, and the evidence stays", async () => {
    const dataDir = emptyFolder();
    const { daemon, forgotten } = await putBack(refusing, dataDir);
    const live = await application(daemon, dataDir);
    await expect(live.keeper.acquire("cad.pro")).rejects.toMatchObject({ reason: "LEDGER_BROKEN" });
    const [remembered] = heads(dataDir);

    const decision = await accepting(daemon, { abandonedUpTo: forgotten });
    const connected = new Promise((resolve) => live.keeper.once("connected", resolve));
    await daemon.admin.importReceipt(receiptWith(decision, 1));
    await connected;
    expect((await live.keeper.acquire("cad.pro")).state).toBe("held");
    expect(live.settled).toMatchObject([
      { number: 7, reason: "put back to a snapshot", known: [forgotten], note: decision.text },
    ]);
    const [evidence = ""] = live.settled[0]?.evidence ?? [];
    expect(evidence).toBe(live.told[0]?.evidence);
    expect(JSON.parse(readFileSync(evidence, "utf8"))).toMatchObject({ known: remembered?.text });
    expect(heads(dataDir).map(({ text }) => text)).not.toContain(remembered?.text);

    const later = await application(daemon, dataDir);
    await later.keeper.acquire("cad.pro");
    expect([later.told, later.settled]).toEqual([[], []]);
  });

  it("seals once that there is a note, keeps it, and shows it after a restart too", async () => {
    const dataDir = emptyFolder();
    const { daemon, forgotten } = await putBack(refusing, dataDir);
    const decision = await accepting(daemon, { abandonedUpTo: forgotten });
    const receipt = receiptWith(decision, 1);
    await daemon.admin.importReceipt(receipt);
    await daemon.admin.importReceipt(receipt);
    await daemon.stop();
    const again = await started(daemon.site);
    await again.admin.importReceipt(receipt);
    // Nor does it accuse itself of what was given up.
    await visit(again, dataDir);
    const sealed = await incidents(again);
    expect(sealed).toMatchObject([{ code: "LEDGER_SUPERSEDED", count: 1 }]);
    expect(toHex(sealed[0]?.evidenceHash ?? new Uint8Array(0))).toBe(
      toHex(sha256(utf8(decision.text))),
    );
    expect((await again.admin.status()).vendors[0]).toMatchObject({
      superseded: { number: 7, reason: "put back to a snapshot", givenUpTo: forgotten },
      contradictions: [],
    });
  });

  it("may hear of it by a license as well", async () => {
    const dataDir = emptyFolder();
    const { daemon, forgotten } = await putBack(refusing, dataDir);
    const { text } = await accepting(daemon, { abandonedUpTo: forgotten });
    const supersede = noteOf(daemon, text);
    const license = licenseFor(daemon.site, refusing, { supersede, licenseId: "ab".repeat(16) });
    await daemon.admin.installLicense(license);
    const { keeper, settled } = await application(daemon, dataDir);
    await keeper.acquire("cad.pro");
    expect(settled).toMatchObject([{ number: 7 }]);
    expect(await incidents(daemon)).toMatchObject([{ code: "LEDGER_SUPERSEDED" }]);
  });

  it("is not excused for a second time by the note of the first", async () => {
    const dataDir = emptyFolder();
    const { daemon, forgotten } = await putBack(refusing, dataDir);
    const decision = await accepting(daemon, { abandonedUpTo: forgotten + 100 });
    await daemon.admin.importReceipt(receiptWith(decision, 1));
    await visit(daemon, dataDir);
    await daemon.stop();
    const goBack = snapshotOf(daemon.site);
    const further = await started(daemon.site);
    await grow(further);
    await visit(further, dataDir);
    await further.stop();
    goBack();
    const { keeper, told } = await application(await started(daemon.site), dataDir);
    await expect(keeper.acquire("cad.pro")).rejects.toMatchObject({ reason: "LEDGER_BROKEN" });
    expect(told).toMatchObject([{ noteRefused: "SUPERSEDE_OLDER" }]);
  });
});

describe("a note is refused, and nothing is changed,", () => {
  it.each([
    ["SUPERSEDE_SIGNATURE", "that somebody else has signed", {}, root],
    ["SUPERSEDE_WRONG_CHAIN", "for another ledger", { chainId: chainId("ab".repeat(16)) }, issuing],
    ["SUPERSEDE_FIELD", "without a number", { number: 0 }, issuing],
  ] as const)("with %s: one %s", async (code, _, fields, signer) => {
    const daemon = await aDaemon();
    const decision = await accepting(daemon, { abandonedUpTo: 90, ...fields }, signer);
    const { size } = await sizeOf(daemon);
    await expect(daemon.admin.importReceipt(receiptWith(decision, 1))).rejects.toMatchObject({
      code,
    });
    expect(await sizeOf(daemon)).toMatchObject({ size, superseded: null });
  });

  it("with SUPERSEDE_OLDER: one that comes after a newer one, or under its number", async () => {
    const daemon = await aDaemon();
    await daemon.admin.importReceipt(
      receiptWith(await accepting(daemon, { abandonedUpTo: 90 }), 1),
    );
    for (const number of [6, 7]) {
      const older = await accepting(daemon, { abandonedUpTo: 900, number });
      await expect(daemon.admin.importReceipt(receiptWith(older, 2))).rejects.toMatchObject({
        code: "SUPERSEDE_OLDER",
      });
    }
    // An older license is no lie: it is installed, and its note says nothing any more.
    const { text } = await accepting(daemon, { abandonedUpTo: 900, number: 6 });
    const supersede = noteOf(daemon, text);
    const license = licenseFor(daemon.site, usualTerms, { supersede });
    await daemon.admin.installLicense(license);
    expect(daemon.log.join("")).toMatch(/SUPERSEDE_OLDER.*"ledger.not-superseded"/);
    expect(await sizeOf(daemon)).toMatchObject({ superseded: { number: 7, givenUpTo: 90 } });
  });

  it("with SUPERSEDE_OTHER_BRANCH: one that accepts a ledger which this one is not", async () => {
    const before = await aDaemon();
    const { site } = before;
    await before.stop();
    const goBack = snapshotOf(site);
    const lost = await started(site);
    await grow(lost);
    const { text } = await accepting(lost, { abandonedUpTo: 90 });
    const license = licenseFor(site, usualTerms, { supersede: noteOf(lost, text) });
    await lost.stop();
    goBack();
    const daemon = await started(site);
    const { licenses } = await daemon.admin.licenses();
    // Shorter than the accepted head, and then longer, with other blocks.
    for (let round = 0; round < 3; round += 1) {
      await expect(daemon.admin.installLicense(license)).rejects.toMatchObject({
        code: "SUPERSEDE_OTHER_BRANCH",
      });
      await grow(daemon);
    }
    expect((await daemon.admin.licenses()).licenses).toEqual(licenses);
    expect(await sizeOf(daemon)).toMatchObject({ superseded: null });
  });
});

async function sizeOf({ admin }: GivenDaemon): Promise<{ size: number; superseded: unknown }> {
  const [found] = (await admin.status()).vendors;
  return { size: found?.ledger.size ?? 0, superseded: found?.superseded };
}
