import { describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { readBundleBlocks, readBundleHead } from "../../src/bundle/bundle.ts";
import { decodeSegmentExt } from "../../src/ledger/segment.ts";
import { Site, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

const SECRET = "--passphrase-file passphrase";

/** Somebody records some units. */
async function use(site: Site, user: string, units: number): Promise<void> {
  const keeper = await site.workstation(user);
  await keeper.usage.record("render.minutes", units);
  await keeper.close();
}

/** The keys to which the segments of a bundle are sealed, in order. */
function sealedTo(bytes: Uint8Array): readonly string[] {
  const source = {
    length: bytes.length,
    read: (offset: number, length: number) => bytes.subarray(offset, offset + length),
  };
  return [...readBundleBlocks(source, readBundleHead(source))]
    .filter(({ type }) => type === "segment")
    .map(({ ext }) => toHex(decodeSegmentExt(ext).vendorKid));
}

/** Types a command that must succeed. */
async function done(site: Site, line: string): Promise<void> {
  expect(await site.type(line)).toMatchObject({ code: 0 });
}

async function ingested(site: Site, bundle: string): Promise<unknown> {
  return site.json(`seatkeeper-vendor ingest ${bundle} ${SECRET}`);
}

describe("new keys of the vendor", () => {
  it("come to a site by its next license; bundles under the old key, under both and under the new one are read", async () => {
    const site = await Site.serving(Vendor.named());
    await use(site, "ada", 10);
    await done(site, "seatkeeper usage export --out old.skb");
    const former = sealedTo(site.bytes("old.skb"))[0] ?? "";

    const sealing = await site.json(`seatkeeper-vendor keys rotate --sealing ${SECRET}`);
    const issuing = await site.json(`seatkeeper-vendor keys rotate --issuing --days 30 ${SECRET}`);
    expect(sealing).toMatchObject({ former });
    const { sealing: current } = sealing as { sealing: string };
    expect(await site.json("seatkeeper-vendor keys list")).toMatchObject({
      keys: [
        { role: "issuing", id: (issuing as { issuing: string }).issuing, state: "current" },
        { role: "issuing", state: "former" },
        { role: "sealing", id: current, notAfter: null, state: "current" },
        { role: "sealing", id: former, state: "former" },
      ],
    });

    // Sealed under the old key still: the site knows of no other.
    await use(site, "bob", 20);
    await done(site, "seatkeeper license request --out renewal.skreq");
    await done(
      site,
      `seatkeeper-vendor issue --request renewal.skreq --terms terms.yaml --out renewal.sklic ${SECRET}`,
    );
    await done(site, "seatkeeper license install renewal.sklic");
    await use(site, "cyd", 30);
    await done(site, "seatkeeper usage export --out both.skb");
    expect(new Set(sealedTo(site.bytes("both.skb")))).toEqual(new Set([former, current]));

    expect(await ingested(site, "old.skb")).toMatchObject({
      bundles: [{ accepted: true, counted: { units: 10 }, receipt: { receiptNo: 1 } }],
    });
    expect(await ingested(site, "both.skb")).toMatchObject({
      bundles: [{ accepted: true, counted: { units: 50 }, receipt: { receiptNo: 2 } }],
    });
    // A key that is out of use still opens what was sealed to it.
    expect(await ingested(site, "old.skb")).toMatchObject({
      bundles: [{ accepted: true, counted: null }],
    });

    // The receipt is signed by the new issuing key. A daemon that starts again stays with the new key.
    await done(site, "seatkeeper usage receipt both.skrcpt");
    site.keepPort();
    await site.killDaemon();
    await site.serve();
    await use(site, "dan", 40);
    await done(site, "seatkeeper usage export --out new.skb");
    expect(sealedTo(site.bytes("new.skb")).at(-1)).toBe(current);
    expect(await ingested(site, "new.skb")).toMatchObject({
      bundles: [{ accepted: true, counted: { units: 40 }, receipt: { receiptNo: 3 } }],
    });
  });
});

describe("seatkeeper-vendor keys", () => {
  it("says in words what was done", async () => {
    const site = await Site.initialised(Vendor.named());
    const { stdout, stderr } = await site.type(`seatkeeper-vendor keys rotate --sealing ${SECRET}`);
    expect(stdout).toMatch(
      /^sealing key {2}[0-9a-f]{16}\nformer key {3}[0-9a-f]{16}, for sites until \d{4}-\d\d-\d\d\n$/,
    );
    expect(stderr).toContain("each site comes to the new key with its next license");
    const list = await site.type("seatkeeper-vendor keys list");
    expect(
      list.stdout.replaceAll(/[0-9a-f]{16}/g, "<id>").replaceAll(/\d{4}-\d\d-\d\d/g, "<day>"),
    ).toBe(
      [
        "key      id                from        until       state",
        "issuing  <id>  <day>  <day>  current",
        "sealing  <id>  <day>              current",
        "sealing  <id>  <day>  <day>  former",
        "",
      ].join("\n"),
    );
  });

  it("refuses what makes no sense, and changes nothing", async () => {
    const site = await Site.initialised(Vendor.named());
    await expectSession(
      site,
      `
      $ seatkeeper-vendor keys rotate
      ! seatkeeper-vendor: error: say which key: either --issuing or --sealing
      = 2

      $ seatkeeper-vendor keys rotate --issuing --sealing
      ! seatkeeper-vendor: error: say which key: either --issuing or --sealing
      = 2

      $ seatkeeper-vendor keys rotate --issuing --days 0
      ! seatkeeper-vendor: error: days are a whole number from 1 to 36525
      = 2

      $ seatkeeper-vendor keys rotate --sealing --days 30
      ! seatkeeper-vendor: error: --days goes with --issuing
      = 2
      `,
    );
  });
});

describe("a stolen issuing key", () => {
  it("is replaced and revoked: the site has its next license, and what the thief signs is refused", async () => {
    const vendor = Vendor.named();
    const site = await Site.serving(vendor);
    const keys = (await site.json("seatkeeper-vendor keys list")) as { keys: { id: string }[] };
    const stolen = keys.keys[0]?.id ?? "";
    // The thief dates back: the key was good on that day.
    const forged = await site.licenseFor({
      site: "Example Studio",
      features: [{ name: "cad.pro", seats: 1_000 }],
    });
    site.write("forged.sklic", forged);

    await done(site, `seatkeeper-vendor keys rotate --issuing ${SECRET}`);
    const revoked = await site.json(`seatkeeper-vendor revoke --issuer ${stolen} ${SECRET}`);
    expect(revoked).toMatchObject({ repeated: false, licenses: [{}, {}] });
    await done(site, "seatkeeper license request --out again.skreq");
    await done(
      site,
      `seatkeeper-vendor issue --request again.skreq --terms terms.yaml --out again.sklic ${SECRET}`,
    );
    await done(site, "seatkeeper license install again.sklic");

    expect(await site.json("seatkeeper status", 0)).toMatchObject({
      ready: true,
      vendors: [
        {
          revoked: [{ code: "LICENSE_ISSUER_REVOKED" }],
          features: [{ feature: "cad.pro", seats: 2 }, {}],
        },
      ],
    });
    const refused = await site.type("seatkeeper license install forged.sklic");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("(LICENSE_ISSUER_REVOKED)");
    expect(refused.stderr).toContain(
      "ask the vendor for a license that is signed by its present key",
    );
    const ada = await site.workstation("ada");
    await ada.acquire("cad.pro");
  });

  it("cannot be revoked while it is in use, nor by a wrong name", async () => {
    const site = await Site.initialised(Vendor.named());
    await expectSession(
      site,
      `
      $ seatkeeper-vendor revoke
      ! seatkeeper-vendor: error: say what: either --license or --issuer
      = 2

      $ seatkeeper-vendor revoke --issuer 00ff
      ! seatkeeper-vendor: error: an issuing key has 16 hex digits
      ! seatkeeper-vendor: hint: see seatkeeper-vendor keys list
      = 2

      $ seatkeeper-vendor revoke --issuer 00000000000000ff ${SECRET}
      ! seatkeeper-vendor: error: the vendor has no issuing key 00000000000000ff (VENDOR_KEY_UNKNOWN)
      ! seatkeeper-vendor: hint: see seatkeeper-vendor keys list
      = 1
      `,
    );
  });
});
