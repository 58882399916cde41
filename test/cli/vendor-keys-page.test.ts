import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { connect, type Seatkeeper } from "../../src/client/index.ts";
import { later } from "../support/leftovers.ts";
import { Site, Vendor } from "../support/site.ts";
import { expectPage } from "../support/terminal.ts";

const page = readFileSync(new URL("../../docs/VENDOR-KEYS.md", import.meta.url), "utf8");

const SECRET = "--passphrase-file passphrase";

/** Keys under a passphrase take their time, and there are many. */
const PATIENCE = { timeout: 180_000 };

/** The sessions under a heading, in their order. */
function sessionsOf(heading: string): readonly string[] {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/```console\n(.*?)```/gs)].map(([, session = ""]) => session);
}

async function done(site: Site, line: string): Promise<void> {
  expect(await site.type(line)).toMatchObject({ code: 0 });
}

async function use(site: Site, user: string, minutes: number): Promise<void> {
  const keeper = await site.workstation(user);
  await keeper.usage.record("render.minutes", minutes);
  await keeper.close();
}

async function ingested(site: Site, line: string): Promise<unknown> {
  return site.json(`seatkeeper-vendor ingest ${line} ${SECRET}`);
}

/** An application with this root key compiled in. */
async function application(site: Site, user: string, rootKey: string): Promise<Seatkeeper> {
  const keeper = await connect({
    servers: site.env["SEATKEEPER_SERVER"] ?? "",
    vendor: { name: site.vendor.name, rootKey },
    labels: { user, host: `${user}-pc` },
    dataDir: site.path(`application-${user}`),
  });
  later(() => keeper.close());
  return keeper;
}

describe("a backup of the vendor", () => {
  it("brings keys and books back where the folder is lost", PATIENCE, async () => {
    const site = await Site.serving(Vendor.named());
    await use(site, "ada", 12);
    await done(site, "seatkeeper usage export --out one.skb");
    expect(await ingested(site, "one.skb")).toMatchObject({
      bundles: [{ counted: { units: 12 }, receipt: { receiptNo: 1 } }],
    });
    await done(site, "seatkeeper usage receipt one.skrcpt");
    const [backup = "", restore = ""] = sessionsOf("Every day: a backup");
    await expectPage(site, backup);
    expect(statSync(site.path("vendor.backup")).mode & 0o777).toBe(0o600);

    // After the backup: in no books once the folder is lost.
    await use(site, "bob", 7);
    await done(site, "seatkeeper usage export --out two.skb");
    expect(await ingested(site, "two.skb")).toMatchObject({ bundles: [{ counted: { units: 7 } }] });
    await done(site, `mv ${site.vendor.folder.path} ${site.vendor.folder.path}-lost`);

    await expectPage(site, restore);
    const dir = "--dir restored";
    expect(await ingested(site, `${dir} one.skb`)).toMatchObject({ bundles: [{ counted: null }] });
    expect(await ingested(site, `${dir} two.skb`)).toMatchObject({
      bundles: [{ verdict: "EXTENDS", counted: { units: 7 }, receipt: { receiptNo: 2 } }],
    });
    await done(site, `seatkeeper-vendor keys rotate --issuing ${dir} ${SECRET}`);
    await done(site, "seatkeeper license request --out again.skreq");
    await done(
      site,
      `seatkeeper-vendor issue ${dir} --request again.skreq --terms terms.yaml --out again.sklic ${SECRET}`,
    );
    await done(site, "seatkeeper license install again.sklic");
    await (await site.workstation("cyd")).acquire("cad.pro");
  });

  it("opens with the passphrase of its day, and with no other", PATIENCE, async () => {
    const site = await Site.initialised(Vendor.named());
    site.write("next", "another staple for the horse\n");
    await done(site, `seatkeeper-vendor passphrase ${SECRET} --new-passphrase-file next`);
    await done(site, "seatkeeper-vendor backup --out new.backup");
    const restore = async (file: string, passphrase: string, dir: string): Promise<number> =>
      (
        await site.type(
          `seatkeeper-vendor restore --from ${file} --dir ${dir} --passphrase-file ${passphrase}`,
        )
      ).code;
    expect(await restore("new.backup", "passphrase", "refused")).toBe(1);
    expect(existsSync(site.path("refused"))).toBe(false);
    expect(await restore("new.backup", "next", "new")).toBe(0);
  });
});

describe("a root key that is lost or stolen", () => {
  it(
    "is left behind by vendor, site and applications, and nothing that was used is lost",
    PATIENCE,
    async () => {
      const site = await Site.serving(Vendor.named());
      await use(site, "ada", 12);
      await done(site, "cp site.sklic stolen.sklic");
      await done(site, `rm ${join(site.vendor.folder.path, "keys", "root.skkey")}`);
      const [refused = "", anew = "", atTheSite = "", atTheVendor = ""] =
        sessionsOf("The root key is lost");
      await expectPage(site, refused);
      await expectPage(site, anew);
      await done(site, "cp vendor-2/acme.skvendor new.skvendor");

      site.keepPort();
      await site.stopDaemon();
      await expectPage(site, atTheSite);
      await expectPage(site, atTheVendor);
      await site.serve();
      await done(site, "seatkeeper license install new.sklic");

      const [oldKey, newKey] = ["acme.skvendor", "new.skvendor"].map(
        (file) => /"root_key": "([\w-]{43})"/.exec(site.read(file))?.[1] ?? "",
      );
      expect(oldKey).not.toBe(newKey);
      const updated = await application(site, "bob", newKey ?? "");
      await updated.acquire("cad.pro");
      await updated.usage.record("render.minutes", 5);
      await expect(application(site, "cyd", oldKey ?? "")).rejects.toMatchObject({
        code: "SERVER_IDENTITY",
      });
      await done(site, "seatkeeper usage export --out first.skb");
      expect(await ingested(site, "--dir vendor-2 first.skb")).toMatchObject({
        bundles: [{ verdict: "FIRST_VERIFIED", counted: { units: 5 } }],
      });

      // Whoever has the old root key can sign what he likes: nobody here believes it any more.
      const [stolen = ""] = sessionsOf("The root key is stolen");
      await expectPage(site, stolen);
      await site.stopDaemon();
      const again = await site.type("seatkeeper init --vendor acme.skvendor");
      expect(again).toMatchObject({ code: 1 });
      expect(again.stderr).toContain("(VENDOR_LEDGER_EXISTS)");
      await done(site, "mv data data-of-the-new-key");
      await done(site, "mv data-of-the-old-key data");
      await site.serve();
      await expect(application(site, "dan", newKey ?? "")).rejects.toMatchObject({
        code: "SERVER_IDENTITY",
      });
      // Who was not updated yet works on beside the others.
      await (await application(site, "eve", oldKey ?? "")).acquire("cad.pro");
    },
  );
});
