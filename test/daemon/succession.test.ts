import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { concat } from "../../src/base/bytes.ts";
import { requestLicense } from "../../src/daemon/request-license.ts";
import { succeedLedger } from "../../src/daemon/succeed-ledger.ts";
import { readActivationRequest } from "../../src/license/activation-request.ts";
import { dataFolder, type VendorFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { openStore } from "../../src/store/database.ts";
import { ingest } from "./at-the-vendor.ts";
import { aDaemon, type GivenSite, host, licenseFor, started, vendor } from "./given.ts";
import { leaseOf, nonce, Workstation } from "./workstation.ts";

function data({ config }: GivenSite): VendorFolder & { readonly database: string } {
  const folder = dataFolder(config.dataDir);
  return { ...vendorFolder(folder, vendor), database: folder.database };
}

async function licensed(site: GivenSite): Promise<GivenSite> {
  const text = await requestLicense(site.config, undefined, { host });
  return { config: site.config, request: readActivationRequest(text) };
}

/** A site whose ledger has lost its keys while somebody holds a seat. */
async function keyless(): Promise<{ readonly site: GivenSite; readonly ada: Workstation }> {
  const daemon = await aDaemon();
  const ada = await Workstation.greeted(daemon.url);
  leaseOf(await ada.acquire("cad.pro"));
  await daemon.stop();
  rmSync(data(daemon.site).state);
  return { site: daemon.site, ada };
}

it("is refused for a ledger that can be continued, which goes on", async () => {
  const daemon = await aDaemon();
  await daemon.stop();
  await expect(succeedLedger(daemon.site.config, undefined, { host })).rejects.toMatchObject({
    code: "SUCCESSION_NEEDLESS",
  });
  await started(daemon.site);
});

it("is in the audit trail, done or refused", async () => {
  const { site } = await keyless();
  await succeedLedger(site.config, undefined, { host });
  await succeedLedger(site.config, undefined, { host }).catch(() => undefined);
  const { admin } = await started(site);
  const texts: string[] = [];
  for await (const { records } of admin.trail()) texts.push(...records.map(({ text }) => text));
  expect(texts.filter((text) => text.includes('"ledger.succeed"'))).toEqual([
    expect.stringContaining('"outcome":"begun","role":"administrator","via":"command"'),
    expect.stringContaining('"outcome":"done"'),
    expect.stringContaining('"outcome":"begun"'),
    expect.stringContaining('"outcome":"refused"'),
  ]);
});

it("is refused while the daemon runs", async () => {
  const { site } = await aDaemon();
  await expect(succeedLedger(site.config, undefined, { host })).rejects.toMatchObject({
    code: "STORE_LOCKED",
  });
});

it("leaves seats to those who hold them, and the vendor sees which ledger was before", async () => {
  const { site, ada } = await keyless();
  const { former } = await succeedLedger(site.config, undefined, { host });
  const successor = await licensed(site);
  const daemon = await started(successor);
  await daemon.admin.installLicense(licenseFor(successor));
  const back = await Workstation.greeted(daemon.url, ada.identity);
  const held = (await daemon.admin.seats()).seats.map(({ lease }) => lease);
  expect(await back.ask("seat.resume", { leases: held, nonce: nonce() })).toMatchObject({
    result: { leases: [{ id: held[0] }] },
  });
  const pieces: Uint8Array[] = [];
  await daemon.admin.exportUsage((piece) => void pieces.push(piece));
  const { report, payloads } = ingest(concat(...pieces), successor.request);
  expect(report).toMatchObject({ verdict: "VERIFIED_WITH_INCIDENTS", problems: [] });
  expect(payloads.slice(0, 2)).toMatchObject([
    { type: "genesis", predecessor: former },
    { type: "incident", code: "CHAIN_KEY_LOST" },
  ]);
});

it("takes the ledger that it came after for no stand-in, whoever shows a head of it", async () => {
  const daemon = await aDaemon();
  const ada = await Workstation.greeted(daemon.url);
  const { result } = await ada.acquire("cad.pro", { since: [] });
  const head = (result as { ledger?: { head: string } } | undefined)?.ledger?.head;
  expect(head).toContain("/skc/");
  await daemon.stop();
  rmSync(data(daemon.site).state);
  await succeedLedger(daemon.site.config, undefined, { host });
  const again = await started(daemon.site);
  await (await Workstation.greeted(again.url)).acquire("cad.pro", { head });
  await again.stop();
  expect(again.log.join("")).not.toContain("stand-in.seen");
});

it("goes on where it was cut off, wherever that was, and nothing is served in between", async () => {
  const { site } = await keyless();
  const { path, chain, state, licenses, database } = data(site);
  const before = readFileSync(chain);
  const first = await succeedLedger(site.config, undefined, { host });
  const formerChain = join(path, "former", first.former.chainId, "ledger.skc");
  const note = JSON.stringify({
    chain_id: first.former.chainId,
    size: first.former.size,
    root: Buffer.from(first.former.root).toString("base64url"),
    code: "CHAIN_KEY_LOST",
  });
  const cutOff = (): void => {
    const store = openStore(database);
    store.beginLedger(vendor, "kept", { key: `succession ${vendor}`, value: note });
    store.close();
  };

  // Behind the COMMIT: nothing was moved yet.
  cutOff();
  rmSync(state);
  rmSync(formerChain);
  writeFileSync(chain, before);
  await expect(started(site)).rejects.toMatchObject({ code: "SUCCESSION_UNFINISHED" });
  await succeedLedger(site.config, undefined, { host });
  expect(readFileSync(formerChain)).toEqual(before);

  // The old ledger was moved, and half of the new one was there.
  cutOff();
  writeFileSync(chain, readFileSync(chain).subarray(0, 100));
  await expect(started(site)).rejects.toMatchObject({ code: "SUCCESSION_UNFINISHED" });
  await succeedLedger(site.config, undefined, { host });
  expect(readFileSync(formerChain)).toEqual(before);
  expect(readdirSync(licenses)).toEqual([]);
  expect(existsSync(state)).toBe(true);
  await started(site);
});
