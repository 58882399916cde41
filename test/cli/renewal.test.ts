import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Site, usualTerms, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

const ISSUE =
  "seatkeeper-vendor issue --terms terms.yaml --passphrase-file passphrase --force --out next.sklic --request";

it("a license is renewed: the site shows its ledger, the vendor checks it, and the next one waits for its start", async () => {
  const site = await Site.serving(Vendor.named());
  site.write("next.sklic", "");
  const keeper = await site.workstation("ada");
  await keeper.usage.record("render.minutes", 10);
  await keeper.close();
  await site.type("seatkeeper usage export --out usage.skb");
  await site.type("seatkeeper-vendor ingest usage.skb --passphrase-file passphrase");
  await site.type("seatkeeper usage receipt usage.skrcpt");
  await site.type("seatkeeper license request --renew --out first.skreq");
  await site.stopDaemon();
  await site.type("cp -a data snapshot");
  await site.serve();
  await site.type("seatkeeper usage export --out more.skb");
  site.write(
    "terms.yaml",
    JSON.stringify({
      site: "Example Studio",
      not_before: "2040-01-01",
      features: [{ name: "cad.pro", seats: 5 }],
    }),
  );
  await expectSession(
    site,
    `
    $ seatkeeper license request --renew --out renewal.skreq
    ! seatkeeper: wrote renewal.skreq; send it to the vendor
    = 0

    $ ${ISSUE} renewal.skreq
    license  <id>
    site     Example Studio
    ledger   <id>
    shown    8 blocks, of which 4 are acknowledged
    written  next.sklic
    ! seatkeeper-vendor: this site already holds 2 seats of cad.pro; this license adds 5
    ! seatkeeper-vendor: this site already holds 1 seat of sim.solver; this license adds none
    ! seatkeeper-vendor: this site already holds 100 units of render.minutes; this license adds none
    ! seatkeeper-vendor: 4 blocks came after the last bundle that was ingested
    = 0

    $ seatkeeper license install next.sklic
    <id>  not started
      vendor   acme.example
      site     Example Studio
      issued   <moment>
      feature  cad.pro: 5 seats, from 2040-01-01
      total    cad.pro: 2 seats
      total    sim.solver: 1 seat
    = 0

    $ ${ISSUE} first.skreq
    ! seatkeeper-vendor: error: the ledger has 6 blocks, and had 8 before (RENEWAL_BEHIND)
    ! seatkeeper-vendor: hint: no license was issued; the request is on record as evidence: ask the site whether its server was put back to an older state, or copied
    = 1
    `,
  );
  // Without its daemon, and put back to what it was before the bundle: its own request gives it away.
  await site.stopDaemon();
  await site.type("rm -r data");
  await site.type("mv snapshot data");
  await site.type("seatkeeper license request --renew --force --out renewal.skreq");
  expect(await site.type(`${ISSUE} renewal.skreq`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("RENEWAL_BEHIND") as string,
  });
});

it("a report is due by the same day at the site and at its vendor, who moves it on with each receipt", async () => {
  const report = { interval_days: 30, grace_days: 10, overdue: "no_new_seats" };
  const site = await Site.serving(Vendor.named(), { ...usualTerms, report });
  const before = await reportLine(site);
  expect(before.replaceAll(/\d{4}-\S+Z/g, "<moment>")).toBe(
    "report: the next usage report is due on <moment>; from <moment> on no new seats are granted",
  );
  await site.type("seatkeeper usage export --out usage.skb");
  await site.type("seatkeeper-vendor ingest usage.skb --passphrase-file passphrase");
  await site.type("seatkeeper usage receipt usage.skrcpt");
  const after = await reportLine(site);
  expect(after > before).toBe(true);
  const overdue = /from (\S+) on/.exec(after)?.[1];
  expect(await site.json("seatkeeper-vendor sites")).toMatchObject({
    sites: [{ reportDueAt: overdue }],
  });
});

const program = new URL("../../examples/verify_bundle.py", import.meta.url).pathname;
const hasPython = spawnSync("python3", ["-c", "import cryptography"]).status === 0;

it.runIf(hasPython)(
  "a renewed license and its request are read by the second implementation",
  async () => {
    const vendor = Vendor.named();
    const site = await Site.serving(vendor);
    site.write("next.sklic", "");
    await site.type("seatkeeper usage export --out usage.skb");
    await site.type("seatkeeper-vendor ingest usage.skb --passphrase-file passphrase");
    await site.type("seatkeeper license request --renew --out renewal.skreq");
    expect(await site.type(`${ISSUE} renewal.skreq`)).toMatchObject({ code: 0 });
    expect(site.read("next.sklic")).toContain('"acknowledged": {');
    const keys = join(vendor.folder.path, "keys");
    const key = readdirSync(keys).find((name) => name.startsWith("sealing-")) ?? "";
    const files = "usage.skb --vendor acme.skvendor --request renewal.skreq --license next.sklic";
    const secret = ["--key", join(keys, key), "--passphrase-file", "passphrase"];
    const { status, stdout } = spawnSync("python3", [program, ...files.split(" "), ...secret], {
      cwd: site.path(""),
      encoding: "utf8",
    });
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "FIRST_VERIFIED" });
    expect(status).toBe(0);
  },
);

async function reportLine(site: Site): Promise<string> {
  const { stdout } = await site.type("seatkeeper status");
  return stdout.split("\n").find((line) => line.startsWith("report:")) ?? "";
}
