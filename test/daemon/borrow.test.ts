import { describe, expect, it, vi } from "vitest";
import { concat, fromBase64Url, toBase64Url, utf8 } from "../../src/base/bytes.ts";
import { CodedError } from "../../src/base/errors.ts";
import { chainId, leaseId } from "../../src/base/ids.ts";
import { type UnixMillis, unixMillis } from "../../src/base/time.ts";
import { type BorrowRelease, writeBorrowRelease } from "../../src/license/borrow-release.ts";
import { lends, readBorrowTicket } from "../../src/license/borrow-ticket.ts";
import { readLicense } from "../../src/license/license.ts";
import { ingest } from "./at-the-vendor.ts";
import {
  aDaemon,
  type GivenDaemon,
  issuerNote,
  issuing,
  licenseFor,
  root,
  started,
  stopTime,
  vendor,
} from "./given.ts";
import { leaseOf, type Message, nonce, somebody, Workstation } from "./workstation.ts";
import { aRuledDaemon } from "./written-rules.ts";

const day = 86_400_000;
const laptop = "a1".repeat(32);

/** Three seats, of which two may be away for a week. */
const terms = {
  site: "Example Studio",
  features: [
    { name: "cad.pro", seats: 3, lease_time: "30s", borrow: { days: 7, seats: 2 } },
    { name: "sim.solver", seats: 1, lease_time: "30s" },
  ],
};

const borrow = (workstation: Workstation, more: object = {}): Promise<Message> =>
  workstation.ask("seat.borrow", {
    feature: "cad.pro",
    key: toBase64Url(fromBase64Url(nonce()).slice(0, 12)),
    borrowMs: 2 * day,
    workstation: laptop,
    ...more,
  });

const borrowedLease = ({ result, error }: Message): string => {
  if (error !== undefined) throw new Error(JSON.stringify(error));
  return String(result?.["lease"]);
};

const reasonOf = ({ error }: Message): unknown => error?.data["reason"];

async function used(daemon: GivenDaemon): Promise<unknown> {
  const [{ features } = { features: [] }] = (await daemon.admin.status()).vendors;
  return features.find(({ feature }) => feature === "cad.pro");
}

describe("a seat that is borrowed through the socket", () => {
  it("comes with a ticket that the license proves without the daemon", async () => {
    const daemon = await aDaemon();
    const license = licenseFor(daemon.site, terms);
    await daemon.admin.installLicense(license);
    const ada = await Workstation.greeted(daemon.url);
    const { result } = await borrow(ada, { version: "4.2" });
    const proof = readLicense(license, { vendorName: vendor, rootKey: root.publicKey });
    const verifier = { name: proof.origin, publicKey: proof.daemonKey };
    const ticket = readBorrowTicket(String(result?.["ticket"]), verifier);
    expect(ticket).toMatchObject({
      leaseId: result?.["lease"],
      feature: "cad.pro",
      version: "4.2",
      count: 1,
      clientKey: toBase64Url(ada.identity.signer.publicKey),
      workstation: laptop,
      until: result?.["until"],
    });
    expect(ticket.until - ticket.from).toBe(2 * day);
    expect(lends(proof, ticket)).toBe(true);
  });

  it("is there again after a restart, and so is its ticket, word for word", async () => {
    const daemon = await aDaemon(terms);
    const ada = await Workstation.greeted(daemon.url);
    const { result } = await borrow(ada, { key: "trip" });
    await daemon.stop();
    const again = await started(daemon.site);
    expect(await used(again)).toMatchObject({ used: 1, borrowed: 1 });
    const back = await Workstation.greeted(again.url, ada.identity);
    expect((await borrow(back, { key: "trip" })).result).toEqual(result);
  });

  it("stays away when its process and connection are gone, until it is returned", async () => {
    const daemon = await aDaemon({
      ...terms,
      features: [{ ...terms.features[0], release_on_disconnect: true }],
    });
    const ada = await Workstation.greeted(daemon.url);
    const lease = borrowedLease(await borrow(ada));
    await ada.ask("seat.release", { lease });
    await ada.leave();
    const otherProcess = { ...ada.identity, instance: somebody().instance };
    const back = await Workstation.greeted(daemon.url, otherProcess);
    expect(await used(daemon)).toMatchObject({ used: 1, borrowed: 1 });
    const { seats } = await daemon.admin.seats();
    expect(seats).toMatchObject([{ lease, connected: false }]);
    expect(seats[0]?.borrowedUntil).toBeGreaterThan(Date.now() + day);
    expect(await back.ask("seat.renew", { leases: [lease], nonce: nonce() })).toMatchObject({
      result: { leases: [{ id: lease }], lost: [] },
    });
    expect((await back.ask("seat.return", { lease })).result).toEqual({});
    expect((await back.ask("seat.return", { lease })).result).toEqual({});
    expect(await used(daemon)).toMatchObject({ used: 0, borrowed: 0 });
  });

  it("comes back by itself when its time is over, and who waits gets it", async () => {
    stopTime();
    const daemon = await aDaemon({
      ...terms,
      features: [{ ...terms.features[0], seats: 1 }],
    });
    const ada = await Workstation.greeted(daemon.url);
    await borrow(ada, { borrowMs: 60_000 });
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    expect((await bob.acquire("cad.pro", { wait: true })).result).toMatchObject({
      state: "queued",
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(leaseOf(await bob.notified("queue.granted"))).toMatch(/^[0-9a-f]{32}$/);
  });

  it("is a lease of the network that goes on without it", async () => {
    const daemon = await aDaemon(terms);
    const ada = await Workstation.greeted(daemon.url);
    const held = leaseOf(await ada.acquire("cad.pro"));
    expect(borrowedLease(await borrow(ada, { lease: held }))).toBe(held);
    expect(await used(daemon)).toMatchObject({ used: 1, borrowed: 1 });
  });

  it("is told to the vendor: that it was away, until when, and that it came back", async () => {
    const daemon = await aDaemon({ ...terms, detail: "events" });
    const ada = await Workstation.greeted(daemon.url);
    const { result } = await borrow(ada);
    await ada.ask("seat.return", { lease: result?.["lease"] });
    const pieces: Uint8Array[] = [];
    await daemon.admin.exportUsage((piece) => void pieces.push(piece));
    const { payloads } = ingest(concat(...pieces), daemon.site.request);
    const sealed = payloads.flatMap((payload) => ("events" in payload ? payload.events : []));
    expect(sealed).toMatchObject([
      { type: "grant" },
      { type: "borrow", until: result?.["until"] },
      { type: "end", reason: "returned" },
    ]);
  });
});

describe("borrowing is denied with its reason", () => {
  it.each([
    ["BORROW_NOT_ALLOWED", { feature: "sim.solver" }],
    ["BORROW_TOO_LONG", { borrowMs: 7 * day + 1 }],
    ["BORROW_TOO_MANY", { count: 3 }],
    ["NOT_LICENSED_FEATURE", { feature: "cad.extra" }],
    ["LEASE_UNKNOWN", { lease: "0".repeat(32) }],
  ])("%s", async (reason, asked) => {
    const daemon = await aDaemon(terms);
    const ada = await Workstation.greeted(daemon.url);
    const { error } = await borrow(ada, asked);
    expect(error).toMatchObject({ code: -32010, data: { reason } });
    expect(await used(daemon)).toMatchObject({ used: 0 });
  });

  it.each([
    ["BORROW_NOT_ALLOWED", "days: 0"],
    ["BORROW_TOO_LONG", "days: 1"],
    ["BORROW_TOO_MANY", "seats: 1"],
  ])("%s by a rule of the site: %s", async (reason, limit) => {
    const daemon = await aRuledDaemon(
      `rules: [{ id: trips, borrow: { feature: "cad.*", ${limit} }, reason: short trips }]`,
      terms,
    );
    const ada = await Workstation.greeted(daemon.url);
    const { error } = await borrow(ada, { count: 2 });
    expect(error?.data).toMatchObject({ reason, ruleId: "trips", ruleReason: "short trips" });
  });

  it("where it makes no sense: for an instant, for no machine, for the seat of another", async () => {
    const daemon = await aDaemon(terms);
    const ada = await Workstation.greeted(daemon.url);
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    const lease = borrowedLease(await borrow(ada));
    expect((await borrow(ada, { borrowMs: 59_999 })).error?.code).toBe(-32602);
    expect((await borrow(ada, { workstation: "a laptop" })).error?.code).toBe(-32602);
    expect(reasonOf(await borrow(bob, { lease }))).toBe("NOT_YOUR_LEASE");
    expect(reasonOf(await borrow(ada, { lease, workstation: "b2".repeat(32) }))).toBe(
      "NOT_YOUR_LEASE",
    );
    expect(reasonOf(await bob.ask("seat.return", { lease }))).toBe("NOT_YOUR_LEASE");
  });
});

const codeIn = (error: unknown): unknown => (error instanceof CodedError ? error.code : error);

const release = (daemon: GivenDaemon, lease: string, more: Partial<BorrowRelease> = {}) =>
  utf8(
    writeBorrowRelease(
      {
        vendor,
        chainId: daemon.site.request.chainId,
        leaseId: leaseId(lease),
        reason: "stolen",
        issuedAt: unixMillis(Date.now()),
        issuer: issuerNote,
        ...more,
      },
      issuing,
    ),
  );

describe("a borrowed seat whose workstation is lost", () => {
  it("is not taken back by the administrator alone", async () => {
    const daemon = await aDaemon(terms);
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseId(borrowedLease(await borrow(ada)));
    await expect(daemon.admin.revoke(lease)).rejects.toMatchObject({
      code: "ADMIN_LEASE_BORROWED",
      hint: "a borrowed seat comes back when it is returned, when its time is over, or by a release of the vendor",
    });
    expect(await used(daemon)).toMatchObject({ used: 1 });
  });

  it("is free again by a release of the vendor, once; its holder learns it when it comes back", async () => {
    const daemon = await aDaemon(terms);
    const ada = await Workstation.greeted(daemon.url);
    const lease = borrowedLease(await borrow(ada));
    const note = release(daemon, lease);
    expect(await daemon.admin.releaseBorrowed(note)).toEqual({
      vendor,
      lease,
      feature: "cad.pro",
      count: 1,
    });
    expect(await used(daemon)).toMatchObject({ used: 0, borrowed: 0 });
    await expect(daemon.admin.releaseBorrowed(note)).rejects.toMatchObject({
      code: "RELEASE_NOT_BORROWED",
    });
    expect(await ada.ask("seat.renew", { leases: [lease], nonce: nonce() })).toMatchObject({
      result: { leases: [], lost: [{ id: lease, reason: "LEASE_REVOKED" }] },
    });
    expect(daemon.log.join("\n")).not.toContain("stolen");
  });

  it("stays as it is with a release for another site, too old, changed, or for a seat that is not away", async () => {
    const daemon = await aDaemon(terms);
    const ada = await Workstation.greeted(daemon.url);
    const lease = borrowedLease(await borrow(ada));
    const held = leaseOf(await ada.acquire("cad.pro"));
    const codeOf = (note: Uint8Array): Promise<unknown> =>
      daemon.admin.releaseBorrowed(note).catch((error: unknown) => codeIn(error));
    const monthAgo: UnixMillis = unixMillis(Date.now() - 30 * day);
    const text = new TextDecoder().decode(release(daemon, lease));
    expect([
      await codeOf(release(daemon, lease, { chainId: chainId("0".repeat(32)) })),
      await codeOf(release(daemon, lease, { issuedAt: monthAgo })),
      await codeOf(utf8(text.replace("stolen", "broken"))),
      await codeOf(release(daemon, held)),
      await codeOf(release(daemon, "0".repeat(32))),
      await codeOf(utf8("no release")),
    ]).toEqual([
      "RELEASE_WRONG_SITE",
      "RELEASE_TOO_OLD",
      "RELEASE_SIGNATURE",
      "RELEASE_NOT_BORROWED",
      "RELEASE_NOT_BORROWED",
      "NOTE_TRUNCATED",
    ]);
    expect(await used(daemon)).toMatchObject({ used: 2, borrowed: 1 });
  });
});
