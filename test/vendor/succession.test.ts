import { describe, expect, it } from "vitest";
import type { Signer } from "../../src/crypto/ed25519.ts";
import type { Predecessor } from "../../src/ledger/payload.ts";
import { writeDaemonKeyCertificate } from "../../src/license/daemon-key.ts";
import { type Site as ListedSite, listSites } from "../../src/vendor/sites.ts";
import { codeOf, Desk, granted, noon } from "./given.ts";
import { Site } from "./site.ts";

function predecessorOf({ genesis }: Site, size: number): Predecessor {
  return { chainId: genesis.chainId, size, root: new Uint8Array(32).fill(7) };
}

function listed(desk: Desk, { genesis }: Site): ListedSite | undefined {
  return desk.store.read(listSites).find(({ chainId }) => chainId === genesis.chainId);
}

it("tells what is known of the ledger before, and expects no report of it any more", () => {
  const desk = Desk.open();
  const former = new Site(desk.folder.vendor);
  desk.issue(former.request());
  former.checkpoint([granted()]);
  desk.ingest(former.export());
  expect(listed(desk, former)).toMatchObject({ succeededBy: null });
  expect(listed(desk, former)?.reportDueAt).not.toBeNull();

  const site = new Site(desk.folder.vendor, undefined, {
    daemon: former.daemon,
    predecessor: predecessorOf(former, 9),
  });
  expect(desk.issue(site.request()).succeeds).toMatchObject({
    chainId: former.genesis.chainId,
    size: 9,
    acknowledged: 3,
    isSameSite: true,
    earlier: { holdings: [{ name: "cad.pro", amount: 3 }, { name: "render.minutes" }] },
  });
  expect(listed(desk, former)).toMatchObject({
    succeededBy: site.genesis.chainId,
    reportDueAt: null,
  });
  expect(listed(desk, site)).toMatchObject({ succeededBy: null });
  // Another license for it tells the same.
  expect(desk.issue(site.request()).succeeds).toMatchObject({ isSameSite: true });
});

it("does not let a site end the ledger of another one", () => {
  const desk = Desk.open();
  const other = new Site(desk.folder.vendor);
  desk.issue(other.request());
  const site = new Site(desk.folder.vendor, undefined, { predecessor: predecessorOf(other, 1) });
  expect(desk.issue(site.request()).succeeds).toMatchObject({ isSameSite: false });
  expect(listed(desk, other)).toMatchObject({ succeededBy: null });
});

it("says that a ledger before is not on record", () => {
  const desk = Desk.open();
  const unknown = new Site(desk.folder.vendor);
  const site = new Site(desk.folder.vendor, undefined, { predecessor: predecessorOf(unknown, 4) });
  expect(desk.issue(site.request()).succeeds).toMatchObject({
    acknowledged: undefined,
    isSameSite: false,
    earlier: undefined,
  });
});

describe("a site with another daemon key than before", () => {
  it("ends its former ledger where the former key certifies the new one", () => {
    const { desk, former, site } = rekeyed();
    const keyCertificate = certificate(former, site.daemon.publicKey, former.daemon);
    expect(desk.issue(site.request({ keyCertificate })).succeeds).toMatchObject({
      isSameSite: true,
      daemonKey: "certified",
    });
    expect(listed(desk, former)).toMatchObject({ succeededBy: site.genesis.chainId });
  });

  it("gets no license for a certificate that somebody else has signed", () => {
    const { desk, former, site } = rekeyed();
    const keyCertificate = certificate(former, site.daemon.publicKey, site.daemon);
    expect(codeOf(() => desk.issue(site.request({ keyCertificate })))).toBe("DAEMON_KEY_SIGNATURE");
    expect(listed(desk, site)).toBeUndefined();
  });

  it("is not helped by a certificate for another key or another ledger", () => {
    const { desk, former, site } = rekeyed();
    const stranger = new Site(desk.folder.vendor);
    for (const keyCertificate of [
      certificate(former, stranger.daemon.publicKey, former.daemon),
      certificate(stranger, site.daemon.publicKey, stranger.daemon),
    ]) {
      expect(desk.issue(site.request({ keyCertificate })).succeeds).toMatchObject({
        isSameSite: false,
        daemonKey: "another",
      });
    }
    expect(listed(desk, former)).toMatchObject({ succeededBy: null });
  });
});

function rekeyed(): { readonly desk: Desk; readonly former: Site; readonly site: Site } {
  const desk = Desk.open();
  const former = new Site(desk.folder.vendor);
  desk.issue(former.request());
  const site = new Site(desk.folder.vendor, undefined, { predecessor: predecessorOf(former, 1) });
  return { desk, former, site };
}

function certificate({ genesis }: Site, daemonKey: Uint8Array, signer: Signer): string {
  const fields = { vendor: "acme.example", chainId: genesis.chainId, daemonKey, createdAt: noon };
  return writeDaemonKeyCertificate(fields, signer);
}
