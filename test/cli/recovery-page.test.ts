import { readdirSync, readFileSync, statSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { Site, usualTerms, Vendor } from "../support/site.ts";
import { expectPage } from "../support/terminal.ts";

const page = readFileSync(new URL("../../docs/RECOVERY.md", import.meta.url), "utf8");

const FOLDER = "data/vendors/acme.example";
const INGEST = "seatkeeper-vendor ingest --passphrase-file passphrase";

/** The sessions under a heading, in their order. */
function sessionsOf(heading: string): readonly string[] {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/```console\n(.*?)```/gs)].map(([, session = ""]) => session);
}

let vendor: Vendor;
beforeAll(() => {
  vendor = Vendor.named();
});

/** Twelve minutes are used. */
async function usedSite(): Promise<Site> {
  const site = await Site.serving(vendor);
  await use(site, 12);
  return site;
}

async function use(site: Site, minutes: number): Promise<void> {
  const ada = await site.workstation(`ada-${minutes}`);
  await ada.usage.record("render.minutes", minutes);
  await ada.close();
}

/** Everything up to now is exported, ingested and acknowledged. */
async function report(site: Site): Promise<void> {
  await site.type("seatkeeper usage export --force --out usage.skb");
  await ingested(site);
  await site.type("seatkeeper usage receipt usage.skrcpt");
}

/** A line of `seatkeeper-vendor sites`, as far as this is about it. */
interface Listed {
  readonly chainId: string;
  readonly succeededBy: string | null;
}

/** The bundle that a restore wrote, carried to the vendor. */
async function carryUsage(site: Site): Promise<void> {
  await site.type(`find ${FOLDER}/former -name usage.skb -exec cp {} usage.skb ;`);
}

/** What the vendor makes of `usage.skb`. */
async function ingested(site: Site): Promise<object> {
  return (await site.json(`${INGEST} usage.skb`)) as object;
}

/** The vendor answers the request of the new ledger, and the site serves again. */
async function licensedAgain(site: Site): Promise<void> {
  await site.serve();
  await site.admin.installLicense(Buffer.from(await site.licenseFor(usualTerms)));
}

describe("docs/RECOVERY.md", () => {
  it("has a backup every night, of which nothing but the file is left", async () => {
    const site = await usedSite();
    const [session = ""] = sessionsOf("A backup every night");
    await expectPage(site, session);
    expect(statSync(site.path("site.skbackup")).mode & 0o777).toBe(0o600);
    expect(readdirSync(site.path("data")).filter((name) => name.includes("backup"))).toEqual([]);
    // Beside it, the daemon goes on; and without it the command does the same.
    await use(site, 3);
    await site.stopDaemon();
    expect(await site.json("seatkeeper backup --force --out site.skbackup")).toMatchObject({
      daemon: "stopped",
      ledgers: [{ vendor: "acme.example", size: 4, problems: [] }],
      sound: true,
    });
  });

  it("brings a lost machine back, and the vendor counts what was used before and after", async () => {
    const site = await usedSite();
    await site.type("seatkeeper backup --out site.skbackup");
    await use(site, 7);
    await site.stopDaemon();
    await site.type("mv data lost");
    const [restore = "", atTheVendor = "", install = ""] = sessionsOf(
      "The machine or its disk is lost",
    );
    await expectPage(site, restore);
    await carryUsage(site);
    await expectPage(site, atTheVendor);
    const { sites } = (await site.json("seatkeeper-vendor sites")) as { sites: readonly Listed[] };
    const newest = sites.findLast(({ succeededBy }) => succeededBy !== null);
    expect(newest).toMatchObject({ overdue: false, reportDueAt: null });
    expect(sites.map(({ chainId }) => chainId)).toContain(newest?.succeededBy);
    await site.serve();
    await expectPage(site, install);
    await use(site, 5);
    await site.type("seatkeeper usage export --force --out usage.skb");
    expect(await ingested(site)).toMatchObject({
      bundles: [{ verdict: "VERIFIED_WITH_INCIDENTS", counted: { units: 5 } }],
    });
  });

  it("serves at once when a server has died at night, and goes on when the vendor has answered", async () => {
    const site = await Site.serving(vendor, { ...usualTerms, emergency_days: 7 });
    await use(site, 12);
    await site.type("seatkeeper backup --out site.skbackup");
    await site.killDaemon();
    await site.type("mv data lost");
    const [restore = "", status = "", answer = "", host = ""] = sessionsOf(
      "A server that died at night",
    );
    await expectPage(site, restore);
    await site.serve();
    await expectPage(site, status);
    await use(site, 5);
    await site.type("rm site.skreq");
    site.write("terms.yaml", JSON.stringify(usualTerms));
    await expectPage(site, answer);
    await use(site, 3);
    await site.type("seatkeeper usage export --out usage.skb");
    const emergencies = [{ days: 1, license: { allowed: 7, used: 1, lostSealedAt: null } }];
    expect(await ingested(site)).toMatchObject({
      bundles: [{ verdict: "VERIFIED_WITH_INCIDENTS", counted: { units: 8 }, emergencies }],
    });
    expect(await site.json("seatkeeper-vendor report")).toMatchObject({ emergencies });
    await expectPage(site, host);
    await site.stopDaemon();
    // The server that was given up for lost comes back, and serves: nothing of it is lost, and all of it is seen.
    await site.type("mv data stood-in");
    await site.type("mv lost data");
    await site.serve();
    await use(site, 2);
    await site.type("seatkeeper usage export --force --out usage.skb");
    await site.stopDaemon();
    expect(await site.type(`${INGEST} usage.skb`)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/counted .* 14 metered units/) as unknown,
      stderr: expect.stringContaining("it served beside") as unknown,
    });
    await site.type("mv data lost");
    await site.type("mv stood-in data");
    // A machine that the license names needs no emergency, and what gives none makes none.
    await site.type("mv data again");
    expect(await site.type("seatkeeper restore site.skbackup")).toMatchObject({ code: 0 });
    await site.type("seatkeeper backup --out without.skbackup");
    await site.type("mv data third");
    expect(await site.type("seatkeeper restore --emergency without.skbackup")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("EMERGENCY_NOT_ALLOWED") as unknown,
    });
  });

  it("serves at once on a standby host that the license names", async () => {
    const site = await Site.initialised(vendor);
    const { hash } = (await site.json("seatkeeper license host")) as { hash: string };
    site.write("site.sklic", await site.licenseFor({ ...usualTerms, standby_hosts: [hash] }));
    await site.serveLicensed();
    await site.type("seatkeeper backup --out site.skbackup");
    await site.killDaemon();
    await site.type("mv data lost");
    expect(await site.type("seatkeeper restore site.skbackup")).toMatchObject({
      stdout: expect.stringContaining(
        "  seats   at once, for the license names this standby host\n",
      ) as unknown,
    });
    await site.serve();
    await use(site, 4);
    expect(await site.json("seatkeeper status")).toMatchObject({
      ready: true,
      vendors: [{ standIn: { emergency: null } }],
    });
  });

  it("refuses a database that was put back alone, and goes on with the right one or a backup", async () => {
    const site = await usedSite();
    await site.type("seatkeeper backup --out site.skbackup");
    await site.stopDaemon();
    await site.type("cp data/seatkeeper.db old.db");
    await site.serve();
    await use(site, 7);
    await site.type("seatkeeper usage export --out usage.skb");
    await site.stopDaemon();
    await site.type("cp data/seatkeeper.db new.db");
    await site.type("cp old.db data/seatkeeper.db");
    const before = [site.bytes(`${FOLDER}/ledger.state`), site.bytes(`${FOLDER}/ledger.skc`)];
    const [refused = "", anew = ""] = sessionsOf("The database is lost");
    await expectPage(site, refused);
    const after = [site.bytes(`${FOLDER}/ledger.state`), site.bytes(`${FOLDER}/ledger.skc`)];
    expect(after).toEqual(before);
    await site.type("cp -a data refused");
    await expectPage(site, anew);
    await carryUsage(site);
    expect(await ingested(site)).toMatchObject({
      bundles: [{ verdict: "FIRST_VERIFIED", counted: { units: 19 }, problems: [] }],
    });
    await licensedAgain(site);
    await use(site, 5);
    await site.type("seatkeeper usage export --force --out usage.skb");
    expect(await ingested(site)).toMatchObject({
      bundles: [{ verdict: "VERIFIED_WITH_INCIDENTS", counted: { units: 5 } }],
    });
    await site.stopDaemon();
    // The same with the right database, or with none.
    await site.type("mv data succeeded");
    await site.type("mv refused data");
    await site.type("rm data/seatkeeper.db");
    expect(await site.type("seatkeeper serve")).toMatchObject({ code: 1 });
    await site.type("cp new.db data/seatkeeper.db");
    await site.serve();
    await site.type("seatkeeper usage export --force --out usage.skb");
    expect(await ingested(site)).toMatchObject({
      bundles: [{ verdict: "EXTENDS", counted: { units: 0 } }],
    });
  });

  it("goes on with a server that was put back once the vendor accepts it, and workstations come back", async () => {
    const site = await Site.serving(vendor, { ...usualTerms, witness_policy: "refuse" });
    await use(site, 12);
    await report(site);
    await site.stopDaemon();
    await site.type("cp -a data snapshot");
    await site.serve();
    await use(site, 7);
    await report(site);
    await use(site, 2);
    await site.admin.checkpoint();
    await site.type("seatkeeper run --feature cad.pro -- true");
    await site.stopDaemon();
    await site.type("mv data lost");
    await site.type("mv snapshot data");
    await site.serve();
    await use(site, 5);

    const [refused = "", fork = "", decision = "", back = ""] = sessionsOf(
      "The server was put back to an older state",
    );
    await expectPage(site, refused);
    site.write("status.json", JSON.stringify(await site.json("seatkeeper status")));
    await site.type("seatkeeper usage export --force --out usage.skb");
    await expectPage(site, fork);
    await expectPage(site, decision);
    await expectPage(site, back);
    expect(await site.json("seatkeeper status")).toMatchObject({
      vendors: [{ contradictions: [], superseded: { reason: "put back to a snapshot" } }],
    });
    await site.type("seatkeeper usage export --force --out usage.skb");
    expect(await ingested(site)).toMatchObject({
      bundles: [
        {
          verdict: "VERIFIED_WITH_INCIDENTS",
          problems: [],
          findings: [{ words: "the site recorded LEDGER_SUPERSEDED" }],
        },
      ],
    });
    const { meters } = (await site.json("seatkeeper-vendor report")) as {
      readonly meters: readonly { readonly units: number; readonly chainId: string }[];
    };
    const { chainId } = (await site.admin.status()).vendors[0] ?? {};
    // What waited when the server was put back, the two minutes, is lost; what was acknowledged is not.
    expect(meters.find((line) => line.chainId === chainId)).toMatchObject({ units: 12 + 7 + 5 });
    // The same decision once more changes nothing.
    expect(await site.type("seatkeeper usage receipt accepted.skrcpt")).toMatchObject({ code: 0 });
  });

  it("succeeds a ledger whose keys are lost, and what waited is counted", async () => {
    const site = await usedSite();
    await site.type("seatkeeper usage export --out usage.skb");
    expect(await ingested(site)).toMatchObject({ bundles: [{ counted: { units: 12 } }] });
    await use(site, 4);
    await site.admin.checkpoint();
    await use(site, 7);
    await site.killDaemon();
    await site.type(`rm ${FOLDER}/ledger.state`);
    const [session = "", byWord = ""] = sessionsOf("The keys of the ledger are lost");
    await expectPage(site, session);
    expect(await site.type("seatkeeper ledger succeed")).toMatchObject({ code: 1 });
    await carryUsage(site);
    expect(await site.json(`${INGEST} usage.skb`, 3)).toMatchObject({
      bundles: [{ verdict: "TIP_INVALID", counted: null }],
    });
    await licensedAgain(site);
    await expectPage(site, byWord);
    const { unprovenEnds } = (await site.json("seatkeeper-vendor report")) as {
      readonly unprovenEnds: readonly object[];
    };
    expect(unprovenEnds).toMatchObject([{ from: 4, size: 5 }]);
    expect((await site.type("seatkeeper-vendor report")).stdout).toMatch(
      /^by word: the last 1 block of ledger [0-9a-f]{32}, whose keys are lost; /m,
    );
    await site.type("seatkeeper usage export --force --out usage.skb");
    expect(await ingested(site)).toMatchObject({
      bundles: [
        {
          verdict: "VERIFIED_WITH_INCIDENTS",
          counted: { units: 7 },
          findings: [{ words: "the site recorded CHAIN_KEY_LOST" }],
        },
      ],
    });
  });
});

describe("a backup", () => {
  it("of a damaged ledger is whole, and says with exit code 3 what is damaged", async () => {
    const site = await usedSite();
    await site.stopDaemon();
    const chain = Uint8Array.from(site.bytes(`${FOLDER}/ledger.skc`));
    // In the tag of block 1: its form stays right.
    const at = chain.length >> 1;
    chain[at] = (chain[at] ?? 0) ^ 1;
    site.write(`${FOLDER}/ledger.skc`, chain);
    const backup = await site.json("seatkeeper backup --out site.skbackup", 3);
    expect(backup).toMatchObject({ sound: false, ledgers: [{ size: 3 }] });
    await site.type("mv data lost");
    expect(await site.json("seatkeeper restore site.skbackup")).toMatchObject({
      ledgers: [
        {
          former: { size: 3 },
          problems: [
            { code: "HASH_CHAIN_BROKEN" },
            { code: "HASH_CHAIN_BROKEN" },
            { code: "ROOT_MISMATCH" },
          ],
        },
      ],
    });
  });

  it("holds no key of the ledger, and no name of a user", async () => {
    const site = await usedSite();
    await site.type("seatkeeper backup --out site.skbackup");
    await site.stopDaemon();
    const backup = Buffer.from(site.bytes("site.skbackup"));
    // The chain keys at bytes 60 and 92 of each slot, docs/spec/ledger.md.
    const state = Buffer.from(site.bytes(`${FOLDER}/ledger.state`));
    const keys = [60, 92, 4_156, 4_188].map((at) => state.subarray(at, at + 32));
    const live = keys.filter((key) => key.some((byte) => byte !== 0));
    expect(live).toHaveLength(2);
    expect(live.filter((key) => backup.includes(key))).toEqual([]);
    expect(backup.includes("ada-12")).toBe(false);
  });
});
