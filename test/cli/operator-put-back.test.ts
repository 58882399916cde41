import { beforeAll, describe, expect, it } from "vitest";
import { Site, usualTerms, Vendor } from "../support/site.ts";
import { canMount, SmallDisk } from "../support/small-disk.ts";

let vendor: Vendor;
beforeAll(() => {
  vendor = Vendor.named();
});

const RUN = "seatkeeper run --feature cad.pro -- echo drawing";
const HEADS = "home/.local/share/seatkeeper/heads";

/** Seats come and go, and the ledger grows by some blocks. */
async function grow(site: Site): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    const keeper = await site.workstation(
      `other-${round}-${site.env["SEATKEEPER_SERVER"]?.slice(-5)}`,
    );
    await keeper.acquire("cad.pro");
    await keeper.close();
    await site.admin.checkpoint();
  }
}

/** A server that was put back to a snapshot after this workstation had seen more of its ledger. */
async function putBack(terms: object): Promise<Site> {
  const site = await Site.serving(vendor, terms);
  await site.type(RUN);
  await site.stopDaemon();
  await site.type("cp -a data snapshot");
  await site.serve();
  await grow(site);
  await site.type(RUN);
  await site.stopDaemon();
  await site.type("rm -r data");
  await site.type("mv snapshot data");
  await site.serve();
  return site;
}

describe("seatkeeper run, at a server that was put back to a snapshot", () => {
  it("says so with the proof and runs; the log, the ledger and the vendor tell of it", async () => {
    const site = await putBack(usualTerms);
    const { code, stdout, stderr } = await site.type(RUN);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "drawing\n" });
    expect(stderr).toMatch(
      /^seatkeeper: warning: this computer remembers a usage ledger of \d+ blocks; the license server shows one of \d+ blocks that does not go on from it\nseatkeeper: warning: the proof is in (\S+); tell the license administrator\n$/,
    );
    const [, evidence = ""] = /proof is in (\S+);/.exec(stderr) ?? [];
    expect(JSON.parse(site.read(evidence.slice(site.path("").length)))).toMatchObject({
      kind: "seatkeeper evidence v1",
    });
    const { stdout: status } = await site.type("seatkeeper status");
    expect(status).toMatch(/^contradicted: a client remembers \d+ blocks that this ledger/m);
    await site.type("seatkeeper usage export --out usage.skb");
    const ingested = await site.type(
      "seatkeeper-vendor ingest usage.skb --passphrase-file passphrase",
    );
    expect(ingested.stdout).toContain("VERIFIED_WITH_INCIDENTS");
    expect(ingested.stdout).toContain("the site recorded HEAD_CONTRADICTED");
  });

  it("starts nothing where the license says refuse", async () => {
    const site = await putBack({ ...usualTerms, witness_policy: "refuse" });
    const { code, stdout, stderr } = await site.type(RUN);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /error: cad\.pro denied: LEDGER_BROKEN \(SEAT_DENIED\)\n.*hint: .*show \S+\.json to/,
    );
    expect(await site.admin.seats()).toEqual({ seats: [] });
  });

  it("says until when seats are given where the license says grace", async () => {
    const site = await putBack({ ...usualTerms, witness_policy: "grace", policy_grace_days: 3 });
    const { code, stderr } = await site.type(RUN);
    expect(code).toBe(0);
    expect(stderr).toMatch(/no seats will be taken from this server from 20\d\d-\S+Z on\n$/);
  });
});

describe.runIf(canMount)("seatkeeper run, with a full disk under its memory", () => {
  it("gives the seat, and keeps remembering what it had", async () => {
    const site = await Site.serving(vendor);
    const disk = await SmallDisk.at(site.path("home"), 1);
    const inside = site.through(...disk.enter);
    const remembered = async (): Promise<string> =>
      (await inside.type(`find ${HEADS} -name *.head`)).stdout;
    const ran = { code: 0, stdout: "drawing\n", stderr: "" };
    expect(await inside.type(RUN)).toEqual(ran);
    const before = await remembered();
    expect(before).toMatch(/^\S+\.head\n$/);

    await inside.type(`dd if=/dev/zero of=home/fill bs=64k`);
    await grow(site);
    expect(await inside.type(RUN)).toEqual(ran);
    expect(await remembered()).toBe(before);

    await inside.type(`rm home/fill`);
    expect(await inside.type(RUN)).toEqual(ran);
    expect(await remembered()).toMatch(/^\S+\.head\n$/);
    expect(await remembered()).not.toBe(before);
  });
});
