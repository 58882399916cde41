import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { audit } from "../../src/audit/audit.ts";
import type { AuditedBlock, AuditReport } from "../../src/audit/audit-report.ts";
import { type ForeseenBlock, foreseen } from "../../src/audit/pending-block.ts";
import { utf8 } from "../../src/base/bytes.ts";
import { DEFAULT_CONFIG } from "../../src/config/config.ts";
import { auditorKeyOf } from "../../src/crypto/auditor-key.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { sealingKeyId } from "../../src/crypto/key-id.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import { dataFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { ingest } from "./at-the-vendor.ts";
import {
  aDaemon,
  aSite,
  type GivenDaemon,
  licenseFor,
  noon,
  started,
  stopTime,
  usualTerms,
  vendor,
} from "./given.ts";
import { Workstation } from "./workstation.ts";
import { aRuledDaemon } from "./written-rules.ts";

const secret = sha256(utf8("the site's auditor"));
const key = auditorKeyOf(secret);
const keyId = sealingKeyId(x25519PublicKey(secret));
const otherSecret = sha256(utf8("the next auditor"));
const otherKey = auditorKeyOf(otherSecret);
const otherId = sealingKeyId(x25519PublicKey(otherSecret));

const allowing = { ...usualTerms, auditor_allowed: true };
const named = { auditor: { key } };

/** What an auditor makes of the ledger file as it lies there. */
function audited(
  { site }: GivenDaemon,
  by: Uint8Array = secret,
): { readonly report: AuditReport; readonly blocks: readonly AuditedBlock[] } {
  const { chain } = vendorFolder(dataFolder(site.config.dataDir), vendor);
  const bytes = new Uint8Array(readFileSync(chain));
  const source = {
    length: bytes.length,
    read: (offset: number, length: number) => bytes.subarray(offset, offset + length),
  };
  const blocks: AuditedBlock[] = [];
  const visitor = (block: AuditedBlock): void => void blocks.push(block);
  return { report: audit(source, { secret: by, visitor }), blocks };
}

async function exported({ admin }: GivenDaemon): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  await admin.exportUsage((bytes) => void parts.push(bytes));
  return new Uint8Array(Buffer.concat(parts));
}

async function auditorsOf({ admin }: GivenDaemon): Promise<readonly object[]> {
  return (await admin.status()).vendors.flatMap(({ auditors }) => auditors);
}

const segmentsFor = ({ report }: ReturnType<typeof audited>): readonly (readonly string[])[] =>
  report.readers.map(({ auditors }) => auditors);

describe("a site that has named an auditor whom its license allows", () => {
  it("seals for the auditor from the next block on, and the auditor reads what the vendor reads", async () => {
    const daemon = await aDaemon(allowing, named);
    expect(await auditorsOf(daemon)).toEqual([{ keyId, state: "next" }]);
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    await daemon.admin.checkpoint();
    expect(await auditorsOf(daemon)).toEqual([{ keyId, state: "reads" }]);

    const { report, payloads } = ingest(await exported(daemon), daemon.site.request);
    expect(report).toMatchObject({
      verdict: "FIRST_VERIFIED",
      findings: [{ kind: "AUDITORS_CHANGED", index: 1, auditors: [keyId] }],
    });
    const { report: seen, blocks } = audited(daemon);
    expect(seen.problems).toEqual([]);
    // Genesis and the SEGMENT block lie under keys from before there was an auditor.
    expect(blocks.map(({ content }) => content.kind).slice(0, 2)).toEqual(["sealed", "sealed"]);
    const read = blocks.flatMap(({ content }) =>
      content.kind === "opened" ? [content.payload] : [],
    );
    expect(read).toEqual(payloads.slice(2));
    expect(read.map(({ type }) => type)).toEqual(["start", "checkpoint", "checkpoint", "export"]);
  });

  it("goes on after a restart without another segment, and seals for the auditor each day", async () => {
    beforeMidnight();
    const daemon = await aDaemon(allowing, named);
    await daemon.admin.checkpoint();
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    await daemon.admin.checkpoint();
    await daemon.stop();
    const again = await started(daemon.site);
    await pastMidnight();
    const bob = await Workstation.greeted(again.url);
    await bob.acquire("cad.pro");
    await again.admin.checkpoint();
    const { report } = audited(again);
    expect(
      report.readers.map(({ segment, index, auditors }) => [segment, index, auditors]),
    ).toEqual([
      [0, 0, []],
      [1, 1, [keyId]],
    ]);
    expect(report.problems).toEqual([]);
  });

  it("begins a segment for other auditors once a day: a second change waits for the next", async () => {
    beforeMidnight();
    const daemon = await aRuledDaemon(`auditor: { key: ${key} }\n`, allowing);
    await use(daemon);
    daemon.write(`auditor: { key: ${otherKey} }\n`);
    expect(await daemon.admin.reload()).toMatchObject({ needsRestart: [] });
    expect(await auditorsOf(daemon)).toEqual([
      { keyId, state: "leaving" },
      { keyId: otherId, state: "next" },
    ]);
    await use(daemon);
    expect(segmentsFor(audited(daemon))).toEqual([[], [keyId]]);
    await pastMidnight();
    await use(daemon);
    expect(segmentsFor(audited(daemon))).toEqual([[], [keyId], [otherId]]);
    expect(audited(daemon).report.problems.map(({ code }) => code)).toEqual([
      "AUDITOR_LEFT_OUT",
      "READER_UNKNOWN",
    ]);
    expect(await auditorsOf(daemon)).toEqual([{ keyId: otherId, state: "reads" }]);
    // The same day the auditor is taken out again: that is one change, and it is made at once.
    daemon.write("");
    await daemon.admin.reload();
    await use(daemon);
    expect(segmentsFor(audited(daemon, otherSecret))).toEqual([[], [keyId], [otherId], []]);
    expect(await auditorsOf(daemon)).toEqual([]);
    expect(daemon.log.filter((line) => line.includes("auditors.changed"))).toHaveLength(3);
  });
});

describe("a license that allows no auditor", () => {
  it("keeps the ledger for the vendor alone, and status and log say so", async () => {
    const daemon = await aDaemon(usualTerms, named);
    await use(daemon);
    expect(await auditorsOf(daemon)).toEqual([{ keyId, state: "not-allowed" }]);
    expect(audited(daemon).report).toMatchObject({ opened: 0, readers: [{ auditors: [] }] });
    expect(daemon.log.some((line) => line.includes('"auditor.not-allowed"'))).toBe(true);
  });

  it("is followed by one that does, from its installation on", async () => {
    const daemon = await aDaemon(usualTerms, named);
    await use(daemon);
    await daemon.admin.installLicense(licenseFor(daemon.site, allowing));
    await use(daemon);
    expect(await auditorsOf(daemon)).toEqual([{ keyId, state: "reads" }]);
    expect(segmentsFor(audited(daemon))).toEqual([[], [keyId]]);
  });

  it("ends the auditor's reading when the one that allowed it has run out", async () => {
    beforeMidnight();
    const daemon = await started(await aSite(named));
    await daemon.admin.installLicense(licenseFor(daemon.site, usualTerms));
    await daemon.admin.installLicense(
      licenseFor(daemon.site, { ...allowing, not_after: midnight - 120_000 }),
    );
    await use(daemon);
    expect(await auditorsOf(daemon)).toEqual([{ keyId, state: "reads" }]);
    await pastMidnight();
    await use(daemon);
    expect(segmentsFor(audited(daemon))).toEqual([[], [keyId], []]);
  });
});

describe("the preview of an export", () => {
  it("is what the export then holds, but for how long the machine is up and the record of the export itself, and changes nothing", async () => {
    stopTime();
    const daemon = await aDaemon(allowing, named);
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    await vi.advanceTimersByTimeAsync(5_000);
    await ada.acquire("sim.solver");
    const before = (await daemon.admin.status()).vendors[0]?.ledger;
    const preview = await daemon.admin.previewExport();
    const again = await daemon.admin.previewExport();
    expect(again.pending.map(promised)).toEqual(preview.pending.map(promised));
    expect((await daemon.admin.status()).vendors[0]?.ledger).toEqual(before);
    expect(preview).toMatchObject({ vendor, fromIndex: 0, size: 1 });
    expect(preview.pending.map(({ type }) => type)).toEqual([
      "segment",
      "start",
      "checkpoint",
      "export",
    ]);

    await exported(daemon);
    const { blocks } = audited(daemon);
    const [opening, ...others] = preview.pending.map(promised);
    expect(others).toEqual(blocks.slice(2).map(withoutUptime));
    // The SEGMENT block lies under the keys before it: only its place, size and readers can be seen.
    expect({ ...opening, content: { kind: "sealed" } }).toEqual(blocks[1]);
  });

  it("splits what is too much for one block as the export does, and says where it begins", async () => {
    stopTime();
    const daemon = await aDaemon(allowing, {
      ...named,
      checkpoint: { ...DEFAULT_CONFIG.checkpoint, maxPending: 100_000 },
    });
    const ada = await Workstation.greeted(daemon.url);
    for (const first of [0, 100, 200, 300, 400]) {
      const records = Array.from({ length: 100 }, (_, n) => ({
        meter: "render.minutes",
        units: 1,
        key: `job-${first + n}`,
        usedAt: noon,
      }));
      // oxlint-disable-next-line no-await-in-loop -- a hundred at a time
      await ada.ask("usage.record", { records });
    }
    const preview = await daemon.admin.previewExport();
    await exported(daemon);
    const { blocks } = audited(daemon);
    expect(preview.pending.map(promised).slice(1)).toEqual(blocks.slice(2).map(withoutUptime));
    expect(preview.pending.filter(({ type }) => type === "checkpoint").length).toBeGreaterThan(1);
  });
});

/** The machine's own clock goes on where the test's stands still, and the export is on record before it is made. */
function withoutUptime(block: AuditedBlock): object {
  const { content } = block;
  if (content.kind !== "opened" || content.payload.type !== "checkpoint") return block;
  const { payload } = content;
  const { trailHead, ...meta } = payload.meta;
  const clocks = { ...meta.clocks, boottime: null };
  expect(trailHead).toHaveLength(32);
  return { ...block, content: { ...payload, meta: { ...meta, clocks } } };
}

const promised = (block: ForeseenBlock): object => withoutUptime(foreseen(block));

const midnight = noon + 12 * 3_600_000;

/** Ten minutes before the next day of UTC; time stands still. */
function beforeMidnight(): void {
  stopTime();
  vi.setSystemTime(midnight - 600_000);
}

/** Twenty minutes later, minute by minute: a clock that jumped would not be believed. */
async function pastMidnight(): Promise<void> {
  await vi.advanceTimersByTimeAsync(1_200_000);
}

/** Something to seal, sealed. */
async function use(daemon: GivenDaemon): Promise<void> {
  const ada = await Workstation.greeted(daemon.url);
  await ada.acquire("cad.pro");
  await daemon.admin.checkpoint();
}
