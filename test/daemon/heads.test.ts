import { describe, expect, it, vi } from "vitest";
import { fromBase64Url } from "../../src/base/bytes.ts";
import { DEFAULT_CONFIG } from "../../src/config/config.ts";
import { signerFromSeed } from "../../src/crypto/ed25519.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import { readSiteFiles } from "../../src/daemon/site-files.ts";
import { verifyConsistency } from "../../src/merkle/proof.ts";
import { chainOrigin, type Head, openHead, signHead } from "../../src/note/checkpoint.ts";
import type { NoteSigner } from "../../src/note/signed-note.ts";
import type { LedgerProof } from "../../src/protocol/results.ts";
import { dataFolder } from "../../src/store/data-folder.ts";
import { openStore } from "../../src/store/database.ts";
import { ingest } from "./at-the-vendor.ts";
import {
  aDaemon,
  type GivenDaemon,
  licenseFor,
  noon,
  started,
  stopTime,
  usualTerms,
  vendor,
} from "./given.ts";
import { leaseOf, type Message, nonce, somebody, Workstation } from "./workstation.ts";

/** The daemon's own key, under the name of its ledger: what a thief of `site.key` would have. */
function signerOf({ site }: GivenDaemon): NoteSigner {
  const { siteKey } = readSiteFiles(site.config.dataDir);
  return { name: chainOrigin(vendor, site.request.chainId), signer: siteKey.signer };
}

const ledgerIn = ({ result }: Message): LedgerProof | undefined =>
  result?.["ledger"] as LedgerProof | undefined;

function opened(daemon: GivenDaemon, proof: LedgerProof | undefined): Head {
  const { name, signer } = signerOf(daemon);
  return openHead(proof?.head ?? "", { name, publicKey: signer.publicKey });
}

async function grown(daemon: GivenDaemon, ada: Workstation, blocks: number): Promise<void> {
  for (let round = 0; round < blocks; round += 1) {
    await ada.ask("seat.release", { lease: leaseOf(await ada.acquire("cad.pro")) });
    await daemon.admin.checkpoint();
  }
}

/** A renewal of what was never granted: the answer tells of the ledger all the same. */
const renewed = (ada: Workstation, more: object): Promise<Message> =>
  ada.ask("seat.renew", { leases: ["ab".repeat(16)], nonce: nonce(), ...more });

async function incidents({ admin, site }: GivenDaemon): Promise<readonly object[]> {
  const pieces: Uint8Array[] = [];
  await admin.exportUsage((piece) => void pieces.push(piece));
  return ingest(Buffer.concat(pieces), site.request).payloads.filter(
    ({ type }) => type === "incident",
  );
}

const BUSY = { limits: { ...DEFAULT_CONFIG.limits, requestsPerSecond: 1_000 } };

describe("an answer to who remembers", () => {
  it("proves that the ledger goes on from each size that is named", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    await grown(daemon, ada, 2);
    const first = opened(daemon, ledgerIn(await ada.acquire("cad.pro", { since: [] })));
    await grown(daemon, ada, 3);
    const since = [0, first.size, first.size + 3, 1_000];
    const later = ledgerIn(await ada.acquire("cad.pro", { since }));
    const head = opened(daemon, later);
    expect(head.size).toBe(first.size + 3);
    expect(later?.proofs).toEqual([[], expect.any(Array), [], null]);
    expect(
      verifyConsistency({
        oldSize: first.size,
        oldRoot: first.root,
        newSize: head.size,
        newRoot: head.root,
        proof: (later?.proofs[1] ?? []).map(fromBase64Url),
      }),
    ).toBe(true);
  });

  it("comes with renewals, resumptions and places in a queue, and to nobody who does not ask", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const granted = await ada.acquire("sim.solver");
    expect(granted.result).not.toHaveProperty("ledger");
    const leases = [leaseOf(granted)];
    for (const method of ["seat.renew", "seat.resume"]) {
      const asked = { leases, nonce: nonce() };
      expect((await ada.ask(method, asked)).result).not.toHaveProperty("ledger");
      const proven = await ada.ask(method, { ...asked, since: [0] });
      expect(ledgerIn(proven)).toMatchObject({ proofs: [[]] });
    }
    const bob = await Workstation.greeted(daemon.url);
    const queued = await bob.acquire("sim.solver", { wait: true, since: [0] });
    expect(queued.result).toMatchObject({ state: "queued", ledger: { proofs: [[]] } });
  });
});

describe("the newest head", () => {
  it("is the same for everybody who asks at the same size", async () => {
    const daemon = await aDaemon();
    const heads: string[] = [];
    for (const user of ["ada", "bob", "cid"]) {
      const client = await Workstation.greeted(daemon.url, somebody(user));
      heads.push(ledgerIn(await renewed(client, { since: [0] }))?.head ?? "");
    }
    expect(opened(daemon, { head: heads[0] ?? "", proofs: [] }).size).toBe(1);
    expect(new Set(heads).size).toBe(1);
  });
});

describe("a head that a client shows", () => {
  it.each([
    ["by another key", (name: string) => ({ name, signer: signerFromSeed(randomBytes(32)) })],
    [
      "of a ledger of another vendor",
      (_: string, daemon: GivenDaemon) => renamed(signerOf(daemon)),
    ],
  ])("signed %s is no incident, and the seat is granted", async (_, signer) => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const by = signer(signerOf(daemon).name, daemon);
    const forged = signHead({ origin: by.name, size: 999, root: randomBytes(32) }, by);
    for (const head of [forged, "no head at all"]) {
      expect(leaseOf(await ada.acquire("cad.pro", { head, since: [] }))).toMatch(/./);
    }
    expect(await incidents(daemon)).toEqual([]);
    expect(daemon.log.join("")).not.toContain("head.contradicted");
  });

  it("and that the ledger goes on from is no incident, however old it is", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const heads: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      heads.push(ledgerIn(await renewed(ada, { since: [] }))?.head ?? "");
      await grown(daemon, ada, 1);
    }
    for (const head of heads) await renewed(ada, { head, since: [] });
    expect(await incidents(daemon)).toEqual([]);
  });
});

describe("what a license says is acknowledged", () => {
  it("and that the ledger does not go on from is an incident, once and over restarts", async () => {
    const daemon = await aDaemon();
    const acknowledged = { size: 50, root: randomBytes(32) };
    const license = licenseFor(daemon.site, usualTerms, { acknowledged });
    await daemon.admin.installLicense(license);
    const { vendors } = await daemon.admin.status();
    expect(vendors[0]?.contradictions).toMatchObject([
      { size: 50, shown: Buffer.from(license).toString() },
    ]);
    expect(daemon.log.join("")).toContain("head.contradicted");
    await daemon.admin.installLicense(license);
    await daemon.stop();
    const again = await started(daemon.site);
    expect(await incidents(again)).toMatchObject([{ code: "HEAD_CONTRADICTED", count: 1 }]);
    // The license is in force all the same: what follows is the vendor's to say.
    expect(leaseOf(await (await Workstation.greeted(again.url)).acquire("cad.pro"))).toMatch(/./);
  });

  it("and that the ledger goes on from is none", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    await grown(daemon, ada, 3);
    const { size, root } = opened(daemon, ledgerIn(await renewed(ada, { since: [] })));
    await grown(daemon, ada, 2);
    const acknowledged = { size, root };
    await daemon.admin.installLicense(licenseFor(daemon.site, usualTerms, { acknowledged }));
    expect(await incidents(daemon)).toEqual([]);
  });
});

describe("a flood of heads with the daemon's own signature that are not of its ledger", () => {
  it("is one block a day with their number, and few of them are kept", async () => {
    stopTime();
    const daemon = await aDaemon(undefined, BUSY);
    const { name, signer } = signerOf(daemon);
    const ada = await Workstation.greeted(daemon.url);
    const show = (at: Workstation, size: number): Promise<Message> => {
      const head = signHead({ origin: name, size, root: randomBytes(32) }, { name, signer });
      return renewed(at, { head });
    };
    for (let size = 1; size <= 200; size += 1) await show(ada, size);
    expect(await incidents(daemon)).toMatchObject([{ code: "HEAD_CONTRADICTED", count: 1 }]);

    await daemon.stop();
    vi.setSystemTime(noon + 86_400_000);
    const again = await started(daemon.site);
    const back = await Workstation.greeted(again.url);
    await show(back, 1_000_000);
    await show(back, 1_000_001);
    expect(await incidents(again)).toMatchObject([{ count: 1 }, { count: 32 }]);
    await again.stop();
    const store = openStore(dataFolder(daemon.site.config.dataDir).database);
    expect(store.contradictions(vendor)).toHaveLength(34);
    store.close();
  });
});

const renamed = ({ signer }: NoteSigner): NoteSigner => ({
  name: `other.example/skc/${"0".repeat(32)}`,
  signer,
});
