import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { connect, type Seatkeeper } from "../../src/client/index.ts";
import { later } from "../support/leftovers.ts";
import { Site, Vendor } from "../support/site.ts";
import { expectPage } from "../support/terminal.ts";

const recovery = readFileSync(new URL("../../docs/RECOVERY.md", import.meta.url), "utf8");

const SECRET = "--passphrase-file passphrase";

/** The session under a heading of docs/RECOVERY.md. */
function sessionOf(heading: string): string {
  const section = recovery.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? "";
  return /```console\n(.*?)```/s.exec(section)?.[1] ?? "";
}

/** Ada's workstation, which remembers what it has seen of the ledger. */
async function ada(site: Site): Promise<Seatkeeper> {
  const keeper = await connect({
    servers: site.env["SEATKEEPER_SERVER"] ?? "",
    vendor: site.vendor.folder.vendor,
    labels: { user: "ada", host: "ada-pc" },
    dataDir: site.path("workstation-ada"),
  });
  later(() => keeper.close());
  return keeper;
}

async function takesSeat(site: Site): Promise<void> {
  const keeper = await ada(site);
  const seat = await keeper.acquire("cad.pro");
  await seat.release();
  await keeper.close();
}

it("what a workstation keeps of a server that was put back is proof at the vendor, as the manual says", async () => {
  const site = await Site.initialised(Vendor.named());
  // How many blocks there are shall not hang on the minute.
  site.write("config.yaml", `${site.read("config.yaml")}checkpoint:\n  schedule: 0 0 1 1 *\n`);
  await site.serveLicensed();
  await takesSeat(site);
  await site.stopDaemon();
  await site.type("cp -a data older");

  await site.serve();
  await takesSeat(site);
  await site.type("seatkeeper usage export --out one.skb");
  await takesSeat(site);
  await site.type("seatkeeper usage export --out more.skb");
  expect(await site.json(`seatkeeper-vendor ingest more.skb ${SECRET}`)).toMatchObject({
    bundles: [{ verdict: "FIRST_VERIFIED" }],
  });
  await site.stopDaemon();
  await site.type("mv data newer");
  await site.type("mv older data");

  await site.serve();
  const bob = await site.workstation("bob");
  await bob.usage.record("render.minutes", 3);
  await site.type("seatkeeper usage export --out other.skb");
  await takesSeat(site);
  const folder = "workstation-ada/heads/acme.example";
  const [ledger = ""] = readdirSync(site.path(folder));
  const [file = ""] = readdirSync(site.path(`${folder}/${ledger}/evidence`));
  await site.type(`cp ${folder}/${ledger}/evidence/${file} evidence.json`);
  await expectPage(site, sessionOf("A client says that the ledger does not go on"));

  const judged = await site.json("seatkeeper-vendor evidence evidence.json", 3);
  expect(judged).toMatchObject({ finding: "NOT_ACKNOWLEDGED", isProven: true, chainId: ledger });
  // And so says the bundle of the other ledger.
  expect(await site.json(`seatkeeper-vendor ingest other.skb ${SECRET}`, 3)).toMatchObject({
    bundles: [{ verdict: "FORK", accepted: false }],
  });
  // The next license says how much was acknowledged, and the daemon that was put back tells.
  await site.type("seatkeeper license request --out again.skreq");
  const issue = `seatkeeper-vendor issue --request again.skreq --terms terms.yaml ${SECRET}`;
  await site.type(`${issue} --out again.sklic`);
  const installed = await site.type("seatkeeper license install again.sklic");
  expect(installed).toMatchObject({ code: 0 });
  expect(installed.stderr).toContain(
    "warning: the vendor has acknowledged 8 blocks that this ledger does not go on from",
  );
  const { stdout } = await site.type("seatkeeper status");
  expect(stdout).toContain("contradicted: the vendor has acknowledged 8 blocks");
  site.write("evidence.json", site.read("evidence.json").replace('"seen_at"', '"seen"'));
  const changed = await site.type("seatkeeper-vendor evidence evidence.json");
  expect(changed).toMatchObject({ code: 1, stdout: "" });
  expect(changed.stderr).toContain("(EVIDENCE_FIELD)");
});
