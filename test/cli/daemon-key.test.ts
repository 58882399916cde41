import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { connect, type Seatkeeper } from "../../src/client/index.ts";
import { readLicense } from "../../src/license/license.ts";
import { later } from "../support/leftovers.ts";
import { Site, Vendor } from "../support/site.ts";
import { expectPage, expectSession } from "../support/terminal.ts";

/** Four daemons start, one after the other, on machines that are busy. */
const PATIENCE = { timeout: 180_000 };

const SECRET = "--passphrase-file passphrase";

const recovery = readFileSync(new URL("../../docs/RECOVERY.md", import.meta.url), "utf8");

/** The sessions under a heading of docs/RECOVERY.md. */
function sessionsOf(heading: string): readonly string[] {
  const section = recovery.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/```console\n(.*?)```/gs)].map(([, session = ""]) => session);
}

let vendor: Vendor;
beforeAll(() => {
  vendor = Vendor.named();
});

async function done(site: Site, line: string): Promise<void> {
  expect(await site.type(line)).toMatchObject({ code: 0 });
}

async function use(site: Site, user: string, minutes: number): Promise<void> {
  const keeper = await site.workstation(user);
  await keeper.usage.record("render.minutes", minutes);
  await keeper.close();
}

/** Ada at her workstation, with what it remembers. */
async function atWork(site: Site): Promise<Seatkeeper> {
  const keeper = await connect({
    servers: site.env["SEATKEEPER_SERVER"] ?? "",
    vendor: vendor.folder.vendor,
    labels: { user: "ada", host: "ada-pc" },
    dataDir: site.path("workstation-ada"),
  });
  later(() => keeper.close());
  return keeper;
}

async function ingested(site: Site, file: string): Promise<unknown> {
  return site.json(`seatkeeper-vendor ingest ${file} ${SECRET}`);
}

describe("a new daemon key", () => {
  it(
    "is certified by the former one, licensed by the vendor and believed by clients; all that was sealed still counts",
    PATIENCE,
    async () => {
      const site = await Site.initialised(vendor);
      // How many blocks there are shall not hang on the minute.
      site.write("config.yaml", `${site.read("config.yaml")}checkpoint:\n  schedule: 0 0 1 1 *\n`);
      await site.serveLicensed();
      await use(site, "ada", 12);
      await done(site, "seatkeeper usage export --out before.skb");
      expect(await ingested(site, "before.skb")).toMatchObject({
        bundles: [{ verdict: "FIRST_VERIFIED", counted: { units: 12 } }],
      });
      await use(site, "bob", 7);
      const ada = await atWork(site);
      const seat = await ada.acquire("cad.pro");
      await seat.release();
      await ada.close();
      site.keepPort();
      await site.stopDaemon();
      await done(site, "cp -a data stolen");

      const [atTheSite = "", atTheVendor = ""] = sessionsOf("The daemon key is old or stolen");
      await expectPage(site, atTheSite);
      await site.type(
        "find data/vendors/acme.example/former -name usage.skb -exec cp {} usage.skb ;",
      );
      const { licenseId } = readLicense(site.read("site.sklic"), {
        vendorName: vendor.name,
        rootKey: vendor.folder.vendor.rootKey,
      });
      await done(site, `seatkeeper-vendor revoke --license ${licenseId} ${SECRET}`);
      await expectPage(site, atTheVendor);

      await site.serve();
      await done(site, "seatkeeper license install again.sklic");
      // The same workstation as before: it believes the license, not the key that it knew.
      const back = await atWork(site);
      await back.acquire("cad.pro");
      await back.usage.record("render.minutes", 5);
      await done(site, "seatkeeper usage export --out after.skb");
      expect(await ingested(site, "after.skb")).toMatchObject({
        bundles: [
          {
            verdict: "VERIFIED_WITH_INCIDENTS",
            counted: { units: 5 },
            findings: [{ words: "the site recorded DAEMON_KEY_REPLACED" }],
          },
        ],
      });
      // What the former key has signed is as good as before.
      expect(await ingested(site, "before.skb")).toMatchObject({
        bundles: [{ accepted: true, counted: null }],
      });
      const { sites } = (await site.json("seatkeeper-vendor sites")) as {
        sites: readonly { chainId: string; succeededBy: string | null }[];
      };
      expect(sites.map(({ succeededBy }) => succeededBy)).toEqual(
        expect.arrayContaining([null, expect.stringMatching(/^[0-9a-f]{32}$/)]),
      );

      // Somebody serves with the former key and the former license, and says nothing of the revocation.
      await back.close();
      await site.stopDaemon();
      await done(site, "mv data honest");
      await done(site, "mv stolen data");
      await site.serve();
      await expect(atWork(site)).rejects.toThrow("revoked");
    },
  );

  it("is refused while the daemon runs, and before a license is bound to the present one", async () => {
    const site = await Site.initialised(vendor);
    await expectSession(
      site,
      `
      $ seatkeeper license request --rekey --out again.skreq
      ! seatkeeper: error: no license is bound to this site's daemon key yet (SITE_KEY_UNBOUND)
      ! seatkeeper: hint: run seatkeeper license request without --rekey
      = 1
      `,
    );
    await site.serveLicensed();
    const before = site.read("data/site.key");
    const refused = await site.type("seatkeeper license request --rekey --out again.skreq");
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain("(STORE_LOCKED)");
    expect(site.read("data/site.key")).toBe(before);
    await (await site.workstation("eve")).acquire("cad.pro");
  });
});

describe("a lost daemon key", () => {
  it("is replaced too, and the vendor is asked whether it is the same site", async () => {
    const site = await Site.serving(vendor);
    await use(site, "cyd", 9);
    site.keepPort();
    await site.stopDaemon();
    await done(site, "rm data/site.key");
    const [session = ""] = sessionsOf("The daemon key is lost");
    await expectPage(site, session);
    const issue = `seatkeeper-vendor issue --request site.skreq --terms terms.yaml ${SECRET}`;
    const stranger = await site.type(`${issue} --out stranger.sklic`);
    expect(stranger.stderr).toContain(
      "that ledger is another daemon's, which has the say about its end: ask both sites",
    );
    expect(await site.json(`${issue} --same-site --out again.sklic`)).toMatchObject({
      succeeds: { isSameSite: true, daemonKey: "by-the-vendor" },
    });
    await site.serve();
    await done(site, "seatkeeper license install again.sklic");
    await (await site.workstation("dan")).acquire("cad.pro");
  });
});
