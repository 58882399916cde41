import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect, type Seatkeeper } from "../../src/client/index.ts";
import {
  aDaemon,
  aSite,
  emptyFolder,
  type GivenDaemon,
  licenseFor,
  root,
  started,
  vendor,
} from "../daemon/given.ts";
import { aRuledDaemon } from "../daemon/written-rules.ts";

const OVER_TLS = { tls: { mode: "self-made" } } as const;

/** An application on a workstation of its own. */
async function workstation(daemon: GivenDaemon, user = "ada"): Promise<Seatkeeper> {
  const keeper = await connect({
    servers: daemon.url,
    vendor: { name: vendor, rootKey: root.publicKey },
    labels: { user, host: `${user}-pc` },
    dataDir: emptyFolder(),
  });
  onTestFinished(() => keeper.close());
  return keeper;
}

const free = async (keeper: Seatkeeper, feature: string): Promise<number | undefined> =>
  (await keeper.status()).find((status) => status.feature === feature)?.free;

describe("an application, and the daemon of its site over TLS", () => {
  it("takes a seat and gives it back", async () => {
    const keeper = await workstation(await aDaemon(undefined, OVER_TLS));
    expect(keeper.server).toMatch(/^wss:/);
    const seat = await keeper.acquire("cad.pro", { version: "4.2", count: 2 });
    expect(await free(keeper, "cad.pro")).toBe(1);
    await seat.release();
    expect(await free(keeper, "cad.pro")).toBe(3);
  });

  it("needs no version", async () => {
    const keeper = await workstation(await aDaemon(undefined, OVER_TLS));
    expect((await keeper.acquire("cad.pro")).version).toBe("0");
  });

  it("is denied what is taken, and what nobody sells", async () => {
    const daemon = await aDaemon(undefined, OVER_TLS);
    const [ada, bob] = [await workstation(daemon), await workstation(daemon, "bob")];
    await ada.acquire("sim.solver");
    await expect(bob.acquire("sim.solver")).rejects.toMatchObject({
      code: "SEAT_DENIED",
      reason: "NO_SEATS",
      feature: "sim.solver",
    });
    await expect(bob.acquire("sim.solver", { count: 2, wait: true })).rejects.toMatchObject({
      reason: "TOO_MANY",
    });
    await expect(bob.acquire("cad.max")).rejects.toMatchObject({ reason: "NOT_LICENSED_FEATURE" });
  });

  it("is denied by a rule with the rule, its reason, the holders, the place and the wait", async () => {
    const daemon = await aRuledDaemon(
      `
groups: { leads: { users: [lead] } }
rules:
  - id: keep
    reserve: { feature: cad.pro, seats: 1, for: leads }
    reason: one seat is for whoever leads the shift
policy: { show_holders: pseudonym }
`,
      undefined,
      OVER_TLS,
    );
    const [ada, bob] = [await workstation(daemon), await workstation(daemon, "bob")];
    await ada.acquire("cad.pro", { count: 2 });
    await expect(bob.acquire("cad.pro")).rejects.toMatchObject({
      reason: "RESERVED_FOR_OTHERS",
      ruleId: "keep",
      ruleReason: "one seat is for whoever leads the shift",
      queuePosition: 1,
    });
    await ada.acquire("sim.solver");
    const [{ user } = { user: "" }] = (await daemon.admin.seats()).seats;
    await expect(bob.acquire("sim.solver")).rejects.toMatchObject({
      reason: "NO_SEATS",
      holders: [user],
      queuePosition: 1,
      retryAfter: expect.any(Number) as unknown,
      hint: "all seats are taken; wait in the queue or try again later",
    });
  });

  it("hears that what it uses ends soon, as soon as it is connected", async () => {
    const day = 86_400_000;
    const end = Date.now() + 6 * day;
    const daemon = await aDaemon(
      {
        site: "Example Studio",
        features: [{ name: "cad.pro", seats: 1, expires_at: end, grace_days: 5 }],
      },
      OVER_TLS,
    );
    const keeper = await workstation(daemon);
    expect(await once(keeper, "licenseExpiring")).toEqual([["cad.pro"], end, end + 5 * day]);
  });

  it("waits in the queue for a seat that another gives back", async () => {
    const daemon = await aDaemon(undefined, OVER_TLS);
    const [ada, bob] = [await workstation(daemon), await workstation(daemon, "bob")];
    const first = await ada.acquire("sim.solver");
    const places: number[] = [];
    const wish = bob.acquire("sim.solver", {
      wait: true,
      onQueued(position) {
        places.push(position);
        void first.release();
      },
    });
    expect((await wish).state).toBe("held");
    expect(places).toEqual([1]);
  });

  it("leaves the queue when it loses patience", async () => {
    const daemon = await aDaemon(undefined, OVER_TLS);
    const [ada, bob] = [await workstation(daemon), await workstation(daemon, "bob")];
    const first = await ada.acquire("sim.solver");
    const patience = new AbortController();
    const wish = bob.acquire("sim.solver", {
      wait: true,
      signal: patience.signal,
      onQueued: () => patience.abort(new Error("enough")),
    });
    await expect(wish).rejects.toThrow("enough");
    const queued = async (): Promise<number | undefined> =>
      (await bob.status()).find(({ feature }) => feature === "sim.solver")?.queued;
    await expect.poll(queued).toBe(0);
    await first.release();
    expect(await free(bob, "sim.solver")).toBe(1);
  });

  it("records usage once per key, up to the quota", async () => {
    const { usage } = await workstation(await aDaemon(undefined, OVER_TLS));
    expect(await usage.record("render.minutes", 600, { key: "plot-7" })).toBe("counted");
    expect(await usage.record("render.minutes", 600, { key: "plot-7" })).toBe("repeated");
    await expect(usage.record("render.minutes", 600)).rejects.toMatchObject({
      reason: "QUOTA_EXHAUSTED",
    });
    expect(await usage.record("render.minutes", 400)).toBe("counted");
  });

  it("hears once for each mark that its usage brings a quota near its end", async () => {
    const keeper = await workstation(await aDaemon(undefined, OVER_TLS));
    const marks: unknown[] = [];
    keeper.on("quota", ({ meter, used, percent }) => marks.push([meter, used, percent]));
    for (const units of [790, 10, 50, 149, 1]) await keeper.usage.record("render.minutes", units);
    await expect.poll(() => marks).toHaveLength(3);
    expect(marks).toEqual([
      ["render.minutes", 800, 80],
      ["render.minutes", 999, 90],
      ["render.minutes", 1_000, 100],
    ]);
  });

  it("hears at once that the administrator took its seat", async () => {
    const daemon = await aDaemon(undefined, OVER_TLS);
    const seat = await (await workstation(daemon)).acquire("cad.pro");
    const lost = once(seat, "lost");
    await daemon.admin.revoke(seat.leaseId);
    expect(await lost).toMatchObject([{ reason: "LEASE_REVOKED", final: true }]);
  });

  it("is told when the site has no license yet, and served once it has", async () => {
    const daemon = await started(await aSite(OVER_TLS));
    await expect(workstation(daemon)).rejects.toMatchObject({ code: "SERVER_UNLICENSED" });
    await daemon.admin.installLicense(licenseFor(daemon.site));
    expect((await (await workstation(daemon)).acquire("cad.pro")).state).toBe("held");
  });
});

describe("an application whose daemon restarts", () => {
  it("keeps its seat, its place in the queue and its usage", async () => {
    const daemon = await aDaemon(undefined, OVER_TLS);
    const [ada, bob] = [await workstation(daemon), await workstation(daemon, "bob")];
    const seat = await ada.acquire("sim.solver");
    const lease = seat.leaseId;
    const queued: number[] = [];
    const wish = bob.acquire("sim.solver", { wait: true, onQueued: (at) => queued.push(at) });
    await expect.poll(() => queued).toEqual([1]);

    const reconnected = [once(ada, "connected"), once(bob, "connected")];
    await daemon.stop();
    const told = ada.usage.record("render.minutes", 5);
    const { config } = daemon.site;
    const listen = { ...config.listen, port: daemon.address.port };
    const again = await started({ ...daemon.site, config: { ...config, listen } });
    await Promise.all(reconnected);

    expect(await told).toBe("counted");
    await expect.poll(() => queued).toEqual([1, 1]);
    expect(seat).toMatchObject({ state: "held", leaseId: lease });
    expect((await again.admin.seats()).seats).toMatchObject([{ lease, connected: true }]);
    await seat.release();
    expect((await wish).state).toBe("held");
  });
});
