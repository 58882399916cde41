import { describe, expect, it } from "vitest";
import { randomBytes } from "../../src/crypto/random.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import { decodeTerms } from "../../src/license/terms.ts";
import { listSites } from "../../src/vendor/sites.ts";
import { codeOf, Desk, noon, terms } from "./given.ts";
import { Site } from "./site.ts";

describe("an activation request of a fresh site", () => {
  it("gets a license that binds its ledger, its daemon key and its host", () => {
    const desk = Desk.open();
    const site = new Site(desk.folder.vendor);
    const { license, activated } = desk.issue(site.request());
    expect(activated).toBe(true);
    expect(license).toMatchObject({
      vendor: "acme.example",
      issuedAt: noon,
      chainId: site.genesis.chainId,
      genesisLeaf: site.genesis.leaf,
      daemonKey: site.daemon.publicKey,
      origin: site.genesis.origin,
      sealingKeyId: desk.folder.vendor.sealingKeys[0]?.kid,
      suite: 1,
      terms,
    });
  });

  it("may be answered again: licenses add up, the activation stays the first one", () => {
    const desk = Desk.open();
    const site = new Site(desk.folder.vendor);
    const first = desk.issue(site.request());
    const second = desk.issue(site.request());
    expect([first.activated, second.activated]).toEqual([true, false]);
    expect(second.license.licenseId).not.toBe(first.license.licenseId);
    expect(desk.store.read(listSites)).toMatchObject([
      { chainId: site.genesis.chainId, licenses: 2, activatedAt: noon },
    ]);
  });

  it("leaves no trace when the license cannot be delivered", () => {
    const desk = Desk.open();
    const site = new Site(desk.folder.vendor);
    expect(() => desk.issue(site.request(), terms, fullDisk)).toThrow("the disk is full");
    expect(desk.store.read(listSites)).toEqual([]);
    expect(desk.issue(site.request()).activated).toBe(true);
  });

  it("may be renewed under another name; the site goes by the newest", () => {
    const desk = Desk.open();
    const site = new Site(desk.folder.vendor);
    desk.issue(site.request());
    const renamed = { site: "Example AG", features: [{ name: "cad.pro", seats: 1 }] };
    desk.issue(site.request(), decodeTerms(renamed));
    expect(desk.store.read(listSites).map(({ site: name }) => name)).toEqual(["Example AG"]);
  });
});

describe("a request that cannot be believed", () => {
  it("for another vendor is refused", () => {
    const desk = Desk.open();
    const other = Desk.open("other.example");
    const site = new Site(other.folder.vendor);
    expect(codeOf(() => desk.issue(site.request()))).toBe("REQUEST_WRONG_VENDOR");
  });

  it("whose ledger is sealed to a key that is not ours is refused", () => {
    const desk = Desk.open();
    const site = new Site(desk.folder.vendor, x25519PublicKey(randomBytes(32)));
    expect(codeOf(() => desk.issue(site.request()))).toBe("REQUEST_GENESIS");
  });

  it.each([
    ["the genesis block of another site", (other: Site) => ({ genesisBlock: other.genesis.block })],
    ["a block cut short", (other: Site) => ({ genesisBlock: other.genesis.block.slice(0, 200) })],
    ["another host", () => ({ host: { hash: "0".repeat(64), parts: ["machine-id"] } })],
    ["another chain id", (other: Site) => ({ chainId: other.genesis.chainId })],
  ])("with %s is refused", (_what, changes) => {
    const desk = Desk.open();
    const site = new Site(desk.folder.vendor);
    const other = new Site(desk.folder.vendor);
    expect(() => desk.issue(site.request(changes(other)))).toThrow(/./);
    expect(desk.store.read(listSites)).toEqual([]);
  });

  it("that was changed after it was signed is refused", () => {
    const desk = Desk.open();
    const changed = new Site(desk.folder.vendor).request().replace("0.1.0", "0.1.1");
    expect(codeOf(() => desk.issue(changed))).toBe("REQUEST_SIGNATURE");
  });
});

function fullDisk(): never {
  throw new Error("the disk is full");
}
