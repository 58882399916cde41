import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { equalBytes } from "../../src/base/bytes.ts";
import { rawIdentity } from "../../src/base/identity.ts";
import { initSite } from "../../src/daemon/init-site.ts";
import { replaceSiteKey } from "../../src/daemon/replace-site-key.ts";
import { requestLicense } from "../../src/daemon/request-license.ts";
import { decodeSiteKey } from "../../src/daemon/site-key.ts";
import {
  type ActivationRequest,
  readActivationRequest,
} from "../../src/license/activation-request.ts";
import { claimOfDaemonKey, readDaemonKeyCertificate } from "../../src/license/daemon-key.ts";
import { dataFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { openStore } from "../../src/store/database.ts";
import { ingest } from "./at-the-vendor.ts";
import {
  aDaemon,
  type GivenSite,
  host,
  licenseFor,
  otherVendorFile,
  started,
  vendor,
} from "./given.ts";
import { leaseOf, nonce, Workstation } from "./workstation.ts";

const other = "other.example";

async function requestOf({ config }: GivenSite, name: string): Promise<ActivationRequest> {
  return readActivationRequest(await requestLicense(config, name, { host }));
}

/** A stopped site that keeps ledgers for two vendors; one of them has licensed it. */
async function forTwo(): Promise<GivenSite> {
  const daemon = await aDaemon();
  const { site } = daemon;
  await daemon.stop();
  await initSite(site.config, otherVendorFile, { host });
  return site;
}

it("leaves seats and pseudonyms as they are, and the last bundle of the former key is whole", async () => {
  const daemon = await aDaemon();
  const { site } = daemon;
  const ada = await Workstation.greeted(daemon.url);
  leaseOf(await ada.acquire("cad.pro"));
  const [taken] = (await daemon.admin.seats()).seats;
  await daemon.stop();
  const { ledgers } = await replaceSiteKey(site.config, undefined, { host });
  const successor = { ...site, request: await requestOf(site, vendor) };
  const next = await started(successor);
  await next.admin.installLicense(licenseFor(successor));
  const back = await Workstation.greeted(next.url, ada.identity);
  const [held] = (await next.admin.seats()).seats;
  expect(held).toMatchObject({ lease: taken?.lease, user: taken?.user, host: taken?.host });
  expect(await back.ask("seat.resume", { leases: [held?.lease], nonce: nonce() })).toMatchObject({
    result: { leases: [{ id: held?.lease }] },
  });
  const usage = ledgers[0]?.usage ?? "";
  const { report } = ingest(readFileSync(usage), site.request);
  expect(report).toMatchObject({ verdict: "FIRST_VERIFIED", problems: [] });
});

it("revokes the tokens that name the former key: a thief of it may have been shown them", async () => {
  const daemon = await aDaemon();
  const { site } = daemon;
  const { id } = await daemon.admin.createToken({ user: rawIdentity("ada") });
  await daemon.stop();
  expect(await replaceSiteKey(site.config, vendor, { host })).toMatchObject({ tokens: 1 });
  const next = await started(site);
  expect(await next.admin.tokens()).toMatchObject({ tokens: [{ id, state: "revoked" }] });
});

it("is for all vendors of a site, and one of them is named for the request", async () => {
  const site = await forTwo();
  const before = [await requestOf(site, vendor), await requestOf(site, other)];
  await expect(replaceSiteKey(site.config, undefined, { host })).rejects.toMatchObject({
    code: "VENDOR_NOT_NAMED",
  });
  expect((await requestOf(site, vendor)).daemonKey).toEqual(before[0]?.daemonKey);
  await replaceSiteKey(site.config, vendor, { host });
  const after = [await requestOf(site, vendor), await requestOf(site, other)];
  expect(after[0]?.daemonKey).toEqual(after[1]?.daemonKey);
  for (const [at, { keyCertificate = "", daemonKey }] of after.entries()) {
    const former = before[at];
    const certificate = readDaemonKeyCertificate(keyCertificate, former?.daemonKey ?? daemonKey);
    expect(certificate).toMatchObject({ daemonKey, chainId: former?.chainId });
  }
});

it("changes nothing where one of the ledgers cannot be read", async () => {
  const site = await forTwo();
  const data = dataFolder(site.config.dataDir);
  const key = readFileSync(data.siteKey);
  const { chain } = vendorFolder(data, other);
  renameSync(chain, `${chain}.away`);
  await expect(replaceSiteKey(site.config, vendor, { host })).rejects.toMatchObject({
    code: "CHAIN_MISSING",
  });
  renameSync(`${chain}.away`, chain);
  expect(readFileSync(data.siteKey)).toEqual(key);
  await started(site);
});

it("goes on where it was cut off, and nothing is served in between", async () => {
  const site = await forTwo();
  const data = dataFolder(site.config.dataDir);
  const former = readFileSync(data.siteKey);
  await replaceSiteKey(site.config, vendor, { host });
  const { chainId } = await requestOf(site, vendor);
  const next = readFileSync(data.siteKey);

  // As if it had ended before the second vendor's turn.
  renameSync(data.siteKey, data.nextSiteKey);
  writeFileSync(data.siteKey, former, { mode: 0o600 });
  const store = openStore(data.database);
  store.putMeta(`ledger under daemon key ${other}`, "");
  store.close();
  await expect(started(site)).rejects.toMatchObject({ code: "SITE_KEY_UNFINISHED" });
  await expect(requestOf(site, vendor)).rejects.toMatchObject({ code: "SITE_KEY_UNFINISHED" });

  const { ledgers } = await replaceSiteKey(site.config, vendor, { host });
  expect(ledgers).toMatchObject([{ vendor: other, code: "DAEMON_KEY_REPLACED" }]);
  expect(existsSync(data.nextSiteKey)).toBe(false);
  expect(readFileSync(data.siteKey)).toEqual(next);
  expect((await requestOf(site, vendor)).chainId).toBe(chainId);
  await started(site);
});

it("has no certificate of a lost key, and none of an older one that was put back", async () => {
  const before = await aDaemon();
  const { site } = before;
  await before.stop();
  const data = dataFolder(site.config.dataDir);
  const former = readFileSync(data.siteKey);
  await replaceSiteKey(site.config, vendor, { host });
  const { keyCertificate = "", daemonKey } = await requestOf(site, vendor);
  expect(claimOfDaemonKey(keyCertificate).daemonKey).toEqual(daemonKey);
  const next = readFileSync(data.siteKey);
  writeFileSync(data.siteKey, former, { mode: 0o600 });
  expect(await requestOf(site, vendor)).not.toHaveProperty("keyCertificate");
  writeFileSync(data.siteKey, next, { mode: 0o600 });

  const licensed = { ...site, request: await requestOf(site, vendor) };
  const daemon = await started(licensed);
  await daemon.admin.installLicense(licenseFor(licensed));
  await daemon.stop();
  rmSync(data.siteKey);
  expect(await replaceSiteKey(site.config, vendor, { host })).toMatchObject({ isCertified: false });
  expect(await requestOf(site, vendor)).not.toHaveProperty("keyCertificate");
  // Nobody could make the same pseudonyms without the file.
  const names = [next, readFileSync(data.siteKey)].map(
    (bytes) => decodeSiteKey(bytes, "site.key").pseudonymKey,
  );
  expect(equalBytes(names[0] ?? next, names[1] ?? next)).toBe(false);
});
