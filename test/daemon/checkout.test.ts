import { describe, expect, it } from "vitest";
import { toBase64Url } from "../../src/base/bytes.ts";
import { readLeaseNote } from "../../src/license/lease-note.ts";
import { chainOrigin } from "../../src/note/checkpoint.ts";
import { readJsonNote } from "../../src/note/json-note.ts";
import { DAEMON_NOTE_NAME, decodeWelcome } from "../../src/protocol/handshake.ts";
import { aDaemon, type GivenDaemon } from "./given.ts";
import { leaseOf, nonce, somebody, Workstation } from "./workstation.ts";

describe("a daemon with three seats of cad.pro and one of sim.solver", () => {
  it("grants a seat, signed by the licensed key over the nonce of the request", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const mine = nonce();
    const answer = await ada.acquire("cad.pro", { version: "2026.1", nonce: mine });
    expect(answer).toMatchObject({
      result: { state: "granted", lease: { feature: "cad.pro", count: 1, leaseTimeMs: 30_000 } },
    });
    expect(readLeaseNote(noteIn(answer), verifier(daemon))).toMatchObject({
      chainId: daemon.site.request.chainId,
      leaseId: leaseOf(answer),
      feature: "cad.pro",
      version: "2026.1",
      count: 1,
      clientKey: toBase64Url(ada.identity.signer.publicKey),
      instanceId: ada.identity.instance,
      nonce: mine,
      leaseTimeMs: 30_000,
      borrowUntil: null,
    });
  });

  it("answers a repeated request with the same lease, signed over the new nonce", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const first = await ada.acquire("sim.solver", { key: "render-1" });
    const again = nonce();
    const second = await ada.acquire("sim.solver", { key: "render-1", nonce: again });
    expect(leaseOf(second)).toBe(leaseOf(first));
    expect(readLeaseNote(noteIn(second), verifier(daemon)).nonce).toBe(again);
  });

  it("denies another request under the key of one that is held, and asking again stays safe", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await ada.acquire("sim.solver", { key: "render-1" }));
    for (const [feature, other] of [
      ["cad.pro", {}],
      ["sim.solver", { version: "2027" }],
      ["sim.solver", { versionDate: 1 }],
      ["sim.solver", { count: 2 }],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await ada.acquire(feature, { key: "render-1", ...other })).toMatchObject({
        error: { message: "denied: KEY_REUSED", data: { reason: "KEY_REUSED", feature } },
      });
    }
    const again = await ada.acquire("sim.solver", { key: "render-1", wait: true });
    expect(leaseOf(again)).toBe(lease);
    expect((await daemon.admin.seats()).seats).toMatchObject([{ lease }]);
    expect((await daemon.admin.usageHistory({ by: "day" })).rows).toMatchObject([
      { feature: "sim.solver", grants: 1, denials: {} },
    ]);
  });

  it("denies a seat that is taken, and says what to do", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    const bob = await Workstation.greeted(url, somebody("bob"));
    await ada.acquire("sim.solver");
    expect(await bob.acquire("sim.solver")).toMatchObject({
      error: {
        code: -32_010,
        data: {
          reason: "NO_SEATS",
          feature: "sim.solver",
          hint: "all seats are taken; wait in the queue or try again later",
        },
      },
    });
  });

  it("denies at once what can never be met", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    expect(await ada.acquire("cad.pro", { count: 4, wait: true })).toMatchObject({
      error: { data: { reason: "TOO_MANY", feature: "cad.pro" } },
    });
    expect(await ada.acquire("cad.max")).toMatchObject({
      error: { data: { reason: "NOT_LICENSED_FEATURE", feature: "cad.max" } },
    });
  });

  it("gives the seat to who waits, first come first served, signed over the waiting nonce", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    const cleo = await Workstation.greeted(daemon.url, somebody("cleo"));
    const held = leaseOf(await ada.acquire("sim.solver"));
    const waiting = nonce();
    expect(
      await bob.acquire("sim.solver", { wait: true, key: "bob-1", nonce: waiting }),
    ).toMatchObject({ result: { state: "queued", position: 1 } });
    expect(await cleo.acquire("sim.solver", { wait: true })).toMatchObject({
      result: { state: "queued", position: 2 },
    });
    expect(await ada.ask("seat.release", { lease: held })).toMatchObject({ result: {} });
    const granted = await bob.notified("queue.granted");
    expect(granted.params).toMatchObject({ key: "bob-1", lease: { feature: "sim.solver" } });
    expect(readLeaseNote(noteIn(granted), verifier(daemon)).nonce).toBe(waiting);
  });

  it("grants the waiting request over its nonce also when the seat comes free in the same moment", async () => {
    const daemon = await aDaemon();
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    const held = leaseOf(await bob.acquire("sim.solver", { key: "first" }));
    const over = nonce();
    const [queued, released] = await Promise.all([
      bob.acquire("sim.solver", { wait: true, key: "second", nonce: over }),
      bob.ask("seat.release", { lease: held }),
    ]);
    expect(queued).toMatchObject({ result: { state: "queued", position: 1 } });
    expect(released).toMatchObject({ result: {} });
    const granted = await bob.notified("queue.granted");
    expect(granted.params).toMatchObject({ key: "second", lease: { feature: "sim.solver" } });
    expect(readLeaseNote(noteIn(granted), verifier(daemon)).nonce).toBe(over);
  });

  it("lets a waiting request be withdrawn", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    const bob = await Workstation.greeted(url, somebody("bob"));
    const cleo = await Workstation.greeted(url, somebody("cleo"));
    const held = leaseOf(await ada.acquire("sim.solver"));
    await bob.acquire("sim.solver", { wait: true, key: "bob-1" });
    await cleo.acquire("sim.solver", { wait: true, key: "cleo-1" });
    expect(await bob.ask("seat.cancel", { key: "bob-1" })).toMatchObject({ result: {} });
    await ada.ask("seat.release", { lease: held });
    expect((await cleo.notified("queue.granted")).params).toMatchObject({ key: "cleo-1" });
  });

  it("renews what is the caller's, and says why the rest is lost", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    const mine = leaseOf(await ada.acquire("cad.pro"));
    const theirs = leaseOf(await bob.acquire("cad.pro"));
    const unknown = "00".repeat(16);
    const over = nonce();
    const answer = await ada.ask("seat.renew", { leases: [mine, theirs, unknown], nonce: over });
    expect(answer.result).toMatchObject({
      leases: [{ id: mine, leaseTimeMs: 30_000 }],
      lost: [
        { id: theirs, reason: "NOT_YOUR_LEASE" },
        { id: unknown, reason: "LEASE_UNKNOWN" },
      ],
    });
    const renewed = answer.result?.["leases"] as { note: string }[] | undefined;
    expect(readLeaseNote(renewed?.[0]?.note ?? "", verifier(daemon)).nonce).toBe(over);
  });

  it("signs the leases of one moment together, and each note stands alone", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const leases = [
      leaseOf(await ada.acquire("cad.pro", { key: "one" })),
      leaseOf(await ada.acquire("sim.solver", { key: "two" })),
    ];
    const over = nonce();
    const { result } = await ada.ask("seat.renew", { leases, nonce: over });
    const renewed = result?.["leases"] as { note: string }[] | undefined;
    const notes = renewed?.map(({ note }) => note) ?? [];
    const said = notes.map((note) => readLeaseNote(note, verifier(daemon)));
    expect(said.map(({ leaseId, nonce: answered }) => [leaseId, answered])).toEqual(
      leases.map((lease) => [lease, over]),
    );
    expect(() => readJsonNote("lease", notes[0] ?? "", [verifier(daemon)])).toThrow(
      expect.objectContaining({ code: "NOTE_UNSIGNED" }),
    );
  });

  it("lets nobody release another's seat", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    const bob = await Workstation.greeted(url, somebody("bob"));
    const mine = leaseOf(await ada.acquire("sim.solver"));
    expect(await bob.ask("seat.release", { lease: mine })).toMatchObject({
      error: { data: { reason: "NOT_YOUR_LEASE" } },
    });
    expect(await ada.ask("seat.renew", { leases: [mine], nonce: nonce() })).toMatchObject({
      result: { leases: [{ id: mine }] },
    });
  });

  it("says how many seats are free", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    await ada.acquire("cad.pro", { count: 2 });
    expect(await ada.ask("status.get")).toMatchObject({
      result: {
        features: [
          { feature: "cad.pro", seats: 3, used: 2, free: 1, queued: 0 },
          { feature: "sim.solver", seats: 1, used: 0, free: 1, queued: 0 },
        ],
      },
    });
  });
});

describe("a connection that broke", () => {
  it("costs no seat: the same process takes its lease up again", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    const mine = leaseOf(await ada.acquire("sim.solver"));
    await ada.leave();
    const back = await Workstation.greeted(url, ada.identity);
    expect(await back.ask("seat.resume", { leases: [mine], nonce: nonce() })).toMatchObject({
      result: { leases: [{ id: mine }], lost: [] },
    });
  });

  it("lets another process of the same client take the lease over", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    const mine = leaseOf(await ada.acquire("sim.solver"));
    await ada.leave();
    const restarted = { ...ada.identity, instance: somebody().instance };
    const next = await Workstation.greeted(url, restarted);
    expect(await next.ask("seat.resume", { leases: [mine], nonce: nonce() })).toMatchObject({
      result: { leases: [{ id: mine }] },
    });
  });

  it("gives the lease to no other process while the first is connected", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    const mine = leaseOf(await ada.acquire("sim.solver"));
    const twin = await Workstation.greeted(url, { ...ada.identity, instance: somebody().instance });
    expect(await twin.ask("seat.resume", { leases: [mine], nonce: nonce() })).toMatchObject({
      result: { leases: [], lost: [{ id: mine, reason: "NOT_YOUR_LEASE" }] },
    });
  });

  it("is closed when the same process comes in by another", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    await Workstation.greeted(url, ada.identity);
    expect(await ada.closed()).toBe(4409);
  });

  it("ends the lease at once where the license says so", async () => {
    const { url } = await aDaemon({
      site: "Example Studio",
      features: [{ name: "sim.solver", seats: 1, release_on_disconnect: true }],
    });
    const ada = await Workstation.greeted(url);
    const bob = await Workstation.greeted(url, somebody("bob"));
    await ada.acquire("sim.solver");
    await bob.acquire("sim.solver", { wait: true, key: "bob-1" });
    await ada.leave();
    expect((await bob.notified("queue.granted")).params).toMatchObject({ key: "bob-1" });
  });
});

describe("metered usage", () => {
  it("is counted once per key, and refused above the quota", async () => {
    const { url } = await aDaemon();
    const ada = await Workstation.greeted(url);
    const records = [record(400, "job-1"), record(400, "job-1"), record(601, "job-2")];
    expect(await ada.ask("usage.record", { records })).toMatchObject({
      result: {
        results: [
          { key: "job-1", state: "counted" },
          { key: "job-1", state: "repeated" },
          { key: "job-2", state: "denied", denial: { reason: "QUOTA_EXHAUSTED" } },
        ],
      },
    });
  });
});

describe("the greeting", () => {
  it("is signed over the client's nonce and brings the licenses and the head", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.at(daemon.url);
    const challenge = await ada.challenge();
    const mine = nonce();
    const { result } = await ada.hello(challenge, { nonce: mine });
    const welcome = decodeWelcome(
      readJsonNote("welcome", String(result?.["note"]), [verifier(daemon)]),
    );
    expect(welcome.nonce).toBe(mine);
    expect(welcome.head).toContain(`acme.example/skc/${daemon.site.request.chainId}`);
    expect(result?.["licenses"]).toHaveLength(1);
  });

  it("begins with a challenge signed by the daemon key, never the same twice", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.at(daemon.url);
    const bob = await Workstation.at(daemon.url);
    const { params } = await ada.notified("challenge");
    const name = DAEMON_NOTE_NAME;
    const publicKey = daemon.site.request.daemonKey;
    const body = readJsonNote("challenge", String(params?.["note"]), [{ name, publicKey }]);
    expect(body).toMatchObject({
      protocols: ["seatkeeper.v1"],
      certificate_fingerprint: null,
      vendors: [{ name: "acme.example", chain_id: daemon.site.request.chainId }],
    });
    expect((await bob.challenge()).nonce).not.toBe((body as { nonce: string }).nonce);
  });
});

function verifier({ site }: GivenDaemon): { name: string; publicKey: Uint8Array } {
  const { vendor, chainId, daemonKey } = site.request;
  return { name: chainOrigin(vendor, chainId), publicKey: daemonKey };
}

function record(units: number, key: string): object {
  return { meter: "render.minutes", units, key, usedAt: Date.now() };
}

function noteIn({ result, params }: Awaited<ReturnType<Workstation["ask"]>>): string {
  const lease = (result ?? params)?.["lease"] as { note: string } | undefined;
  return lease?.note ?? "";
}
