import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { audit } from "../../src/audit/audit.ts";
import { concat, fromBase64Url } from "../../src/base/bytes.ts";
import { compareArchive } from "../../src/cli/operator/archive-file.ts";
import { pieceCodec } from "../../src/cli/shared/piece-codec.ts";
import { ChainSource } from "../../src/daemon/chain-source.ts";
import { checkBackup } from "../../src/daemon/checked-backup.ts";
import { inspectLedger } from "../../src/daemon/ledger-inspection.ts";
import { restoreSite } from "../../src/daemon/restore-site.ts";
import { readSiteFiles } from "../../src/daemon/site-files.ts";
import { succeedLedger } from "../../src/daemon/succeed-ledger.ts";
import { verifyConsistency } from "../../src/merkle/proof.ts";
import { chainOrigin, type Head, openHead } from "../../src/note/checkpoint.ts";
import type { LedgerProof } from "../../src/protocol/results.ts";
import { acknowledged, Books, cutAfter, folderOf, used, written } from "./archived-site.ts";
import { sourceOf } from "./at-the-vendor.ts";
import {
  aDaemon,
  configIn,
  emptyFolder,
  type GivenDaemon,
  type GivenSite,
  host,
  started,
  vendor,
} from "./given.ts";
import { nonce, Workstation } from "./workstation.ts";

const lengthOf = (site: GivenSite): number => statSync(folderOf(site).chain).size;

/** A site whose ledger was cut once, with its archive and the vendor's books. */
async function archivedSite() {
  const folder = emptyFolder();
  const daemon = await aDaemon();
  const books = new Books();
  const heads = [await headOf(daemon)];
  await used(daemon);
  heads.push(await headOf(daemon));
  await acknowledged(daemon, books);
  heads.push(await headOf(daemon));
  const before = lengthOf(daemon.site);
  const archive = await written(daemon, folder);
  const cut = await daemon.admin.cutLedger(cutAfter(archive.plan));
  return { folder, daemon, books, heads, before, archive, cut };
}

/** The head that the daemon shows at this moment, and its proof from those that are remembered. */
async function shown(
  daemon: GivenDaemon,
  since: readonly number[],
): Promise<{ readonly head: Head; readonly proofs: LedgerProof["proofs"] }> {
  const ada = await Workstation.greeted(daemon.url);
  const answer = await ada.ask("seat.renew", { leases: ["ab".repeat(16)], nonce: nonce(), since });
  const proof = answer.result?.["ledger"] as LedgerProof;
  const { siteKey } = readSiteFiles(daemon.site.config.dataDir);
  const name = chainOrigin(vendor, daemon.site.request.chainId);
  const head = openHead(proof.head, { name, publicKey: siteKey.signer.publicKey });
  return { head, proofs: proof.proofs };
}

const headOf = async (daemon: GivenDaemon): Promise<Head> => (await shown(daemon, [])).head;

/** Each head that was remembered is proven to be a beginning of the one of now. */
async function expectProofs(daemon: GivenDaemon, heads: readonly Head[]): Promise<void> {
  const since = heads.map(({ size }) => size);
  const { head, proofs } = await shown(daemon, since);
  for (const [at, old] of heads.entries()) {
    const proof = proofs[at]?.map(fromBase64Url) ?? [];
    const claim = { oldSize: old.size, oldRoot: old.root, newSize: head.size, newRoot: head.root };
    expect(verifyConsistency({ ...claim, proof })).toBe(true);
  }
}

describe("what can be archived", () => {
  it("is nothing before the next export begins behind the first segment", async () => {
    const daemon = await aDaemon();
    const books = new Books();
    await used(daemon);
    expect(await daemon.admin.planArchive()).toMatchObject({ from: 0, size: 0, acknowledged: 0 });
    await books.acknowledge(daemon);
    expect(await daemon.admin.planArchive()).toMatchObject({ from: 0, size: 0, acknowledged: 6 });
  });

  it("is cut off only at the place that was planned, and by its root", async () => {
    const daemon = await aDaemon();
    await acknowledged(daemon, new Books());
    const plan = await daemon.admin.planArchive();
    const before = readFileSync(folderOf(daemon.site).chain);
    const root = (await daemon.admin.planArchive()).root.replace(/^./, (c) =>
      c === "A" ? "B" : "A",
    );
    for (const other of [
      { size: plan.size + 1 },
      { size: plan.size - 1 },
      { size: 900 },
      { root },
    ]) {
      // oxlint-disable-next-line no-await-in-loop
      await expect(daemon.admin.cutLedger({ ...cutAfter(plan), ...other })).rejects.toMatchObject({
        code: "ARCHIVE_NOT_OURS",
      });
    }
    expect(readFileSync(folderOf(daemon.site).chain)).toEqual(before);
    expect(existsSync(folderOf(daemon.site).leaves)).toBe(false);
  });
});

describe("a ledger of which a part was archived", () => {
  it("is shorter by that part, goes on, and is sound to whoever looks", async () => {
    const { daemon, before, archive, cut, books } = await archivedSite();
    const { plan } = archive;
    expect(plan).toMatchObject({ from: 0, acknowledged: 15 });
    expect(lengthOf(daemon.site)).toBe(before - cut.freed);
    expect(cut.freed).toBeGreaterThan(archive.raw / 2);
    const { problems, checked } = await inspectLedger(daemon.site.config);
    expect(problems).toEqual([]);
    expect(checked).toContain(`${plan.size - 1} archived blocks, by their leaf hashes`);
    await acknowledged(daemon, books, 1);
    const again = await inspectLedger(daemon.site.config);
    expect(again.problems).toEqual([]);
    expect(again.segments).toBe(4);
    expect(await daemon.admin.cutLedger(cutAfter(plan))).toMatchObject({ freed: 0 });
  });

  it("proves itself to clients who remember any of its heads, before and after a restart", async () => {
    const { daemon, heads } = await archivedSite();
    await expectProofs(daemon, heads);
    await daemon.stop();
    const again = await started(daemon.site);
    await used(again);
    await expectProofs(again, heads);
  });

  it("is exported to a vendor who knows it, from the last receipt on", async () => {
    const { daemon, books } = await archivedSite();
    await used(daemon);
    expect(await books.acknowledge(daemon)).toMatchObject({ verdict: "EXTENDS", problems: [] });
    await daemon.stop();
    const again = await started(daemon.site);
    await used(again);
    expect(await books.acknowledge(again)).toMatchObject({ verdict: "EXTENDS", problems: [] });
  });

  it("is archived again from where the last archive ended", async () => {
    const { daemon, books, folder, archive } = await archivedSite();
    await acknowledged(daemon, books);
    const second = await written(daemon, folder);
    expect(second.plan.from).toBe(archive.plan.size);
    await daemon.admin.cutLedger(cutAfter(second.plan));
    const { chain } = folderOf(daemon.site);
    for (const { file, plan } of [archive, second]) {
      const last = `blocks ${plan.from} to ${plan.size - 1}, against the ledger's tree`;
      expect(compareArchive(file, chain)).toMatchObject({
        checked: [expect.stringContaining(last)],
        problems: [],
      });
    }
    const other = await archivedSite();
    expect(compareArchive(other.archive.file, chain).problems).toMatchObject([
      { code: "ROOT_MISMATCH" },
    ]);
    expect((await inspectLedger(daemon.site.config)).problems).toEqual([]);
  });

  it("is backed up and restored with everything that proves it", async () => {
    const { daemon, heads } = await archivedSite();
    const pieces: Uint8Array[] = [];
    await daemon.admin.backup((piece) => void pieces.push(piece));
    const backup = sourceOf(concat(...pieces));
    expect(checkBackup(backup).ledgers).toMatchObject([{ problems: [] }]);
    const config = configIn(emptyFolder());
    const { ledgers } = await restoreSite(config, backup, undefined, { host });
    expect(ledgers).toMatchObject([{ problems: [] }]);
    expect(ledgers[0]?.former.size).toBe(heads[2]?.size);
    await started({ ...daemon.site, config });
  });

  it("can be succeeded when its keys are lost, and its end is told rightly", async () => {
    const { daemon } = await archivedSite();
    const head = await headOf(daemon);
    await daemon.stop();
    rmSync(folderOf(daemon.site).state);
    const { former } = await succeedLedger(daemon.site.config, undefined, { host });
    expect(former.size).toBeGreaterThanOrEqual(head.size);
    const { path, leaves } = folderOf(daemon.site);
    expect(existsSync(leaves)).toBe(false);
    const kept = new ChainSource(`${path}/former/${former.chainId}/ledger.skc`);
    expect(audit(kept, {})).toMatchObject({ problems: [], root: former.root });
    kept.close();
  });

  it("does not start without its leaf hashes, or with other ones, and changes nothing", async () => {
    const { daemon } = await archivedSite();
    await daemon.stop();
    const { leaves, chain, state } = folderOf(daemon.site);
    const files = [readFileSync(chain), readFileSync(state)];
    const kept = readFileSync(leaves);
    rmSync(leaves);
    await expect(started(daemon.site)).rejects.toMatchObject({ code: "LEDGER_LEAVES_MISSING" });
    writeFileSync(
      leaves,
      kept.map((byte, at) => (at === 100 ? byte ^ 1 : byte)),
    );
    await expect(started(daemon.site)).rejects.toMatchObject({ code: "LEDGER_LEAVES_DAMAGED" });
    expect([readFileSync(chain), readFileSync(state)]).toEqual(files);
    writeFileSync(leaves, kept);
    await started(daemon.site);
  });

  it("recovers the newest block that its disk had lost", async () => {
    const { daemon, heads } = await archivedSite();
    await daemon.stop();
    const { chain } = folderOf(daemon.site);
    truncateSync(chain, lengthOf(daemon.site) - 50);
    const again = await started(daemon.site);
    await used(again, 1);
    expect((await inspectLedger(again.site.config)).problems).toEqual([]);
    await expectProofs(again, heads);
  });
});

describe("an auditor", () => {
  it("checks a ledger with its leaf hashes, and its archive alone", async () => {
    const { daemon, archive } = await archivedSite();
    const ledger = new ChainSource(folderOf(daemon.site).chain);
    const seen = audit(ledger, {});
    ledger.close();
    expect(seen).toMatchObject({ kind: "ledger", problems: [], fromIndex: 0 });
    const bytes = readFileSync(archive.file);
    expect(audit(sourceOf(bytes), { codec: pieceCodec })).toMatchObject({
      kind: "archive",
      problems: [],
      size: archive.plan.size,
      root: fromBase64Url(archive.plan.root),
    });
  });
});
