import { describe, expect, it, vi } from "vitest";
import { aDaemon, type GivenDaemon, licenseFor, noon, stopTime } from "./given.ts";
import { leaseOf, type Message, nonce, somebody, Workstation } from "./workstation.ts";

/** One seat of `cad.pro`, under the terms of the test. */
const oneSeat = (fields: object, more: object = {}): object => ({
  site: "Example Studio",
  features: [{ name: "cad.pro", seats: 1, lease_time: "30s", ...fields }],
  ...more,
});

const station = ({ url }: GivenDaemon, user: string, host?: string): Promise<Workstation> =>
  Workstation.greeted(url, somebody(user, host));

const reasonOf = ({ error }: Message): unknown => error?.data["reason"];

const release = (workstation: Workstation, lease: string): Promise<Message> =>
  workstation.ask("seat.release", { lease });

const renewed = async (workstation: Workstation, lease: string): Promise<unknown> =>
  (await workstation.ask("seat.renew", { leases: [lease], nonce: nonce() })).result;

describe("a license that", () => {
  it("lets users share a seat: a second one of Ada's costs nothing, wherever she sits", async () => {
    const daemon = await aDaemon(oneSeat({ share: "user" }));
    const [desk, lab] = [await station(daemon, "ada", "desk"), await station(daemon, "ada", "lab")];
    leaseOf(await desk.acquire("cad.pro"));
    leaseOf(await lab.acquire("cad.pro"));
    expect(reasonOf(await (await station(daemon, "bob")).acquire("cad.pro"))).toBe("NO_SEATS");
    expect(await lab.ask("status.get")).toMatchObject({ result: { features: [{ used: 1 }] } });
  });

  it("sells seats for tokens of a pool: two features draw on one", async () => {
    const pro = { name: "cad.pro", seats: 5, tokens: { pool: "cad", cost: 2 } };
    const lite = { name: "cad.lite", seats: 5, tokens: { pool: "cad", cost: 1 } };
    const daemon = await aDaemon({
      site: "Example Studio",
      features: [pro, lite],
      pools: [{ name: "cad", tokens: 3 }],
    });
    const ada = await station(daemon, "ada");
    leaseOf(await ada.acquire("cad.pro"));
    expect(reasonOf(await ada.acquire("cad.pro"))).toBe("NO_SEATS");
    leaseOf(await ada.acquire("cad.lite"));
    expect(reasonOf(await ada.acquire("cad.lite"))).toBe("NO_SEATS");
  });

  it("allows overdraft lets one seat more go, and it is seen as that", async () => {
    const daemon = await aDaemon(oneSeat({ overdraft_seats: 1 }));
    const ada = await station(daemon, "ada");
    const leases = [leaseOf(await ada.acquire("cad.pro")), leaseOf(await ada.acquire("cad.pro"))];
    expect(reasonOf(await ada.acquire("cad.pro"))).toBe("NO_SEATS");
    const [vendor] = (await daemon.admin.status()).vendors;
    expect(vendor?.features).toMatchObject([{ seats: 1, used: 2, free: 0 }]);
    const { seats } = await daemon.admin.seats();
    expect(seats.map(({ lease, overdraft }) => [lease, overdraft])).toEqual([
      [leases[0], false],
      [leases[1], true],
    ]);
  });

  it("lets a released seat linger keeps it for its holder so long", async () => {
    stopTime();
    const daemon = await aDaemon(oneSeat({ linger: "20s" }));
    const [ada, bob] = [await station(daemon, "ada"), await station(daemon, "bob")];
    await release(ada, leaseOf(await ada.acquire("cad.pro")));
    expect(reasonOf(await bob.acquire("cad.pro"))).toBe("NO_SEATS");
    await release(ada, leaseOf(await ada.acquire("cad.pro")));
    await vi.advanceTimersByTimeAsync(20_000);
    leaseOf(await bob.acquire("cad.pro"));
  });

  it("counts a seat as used for a least time keeps it from others until then", async () => {
    stopTime();
    const daemon = await aDaemon(oneSeat({ min_lease: "25s" }));
    const [ada, bob] = [await station(daemon, "ada"), await station(daemon, "bob")];
    const lease = leaseOf(await ada.acquire("cad.pro"));
    await vi.advanceTimersByTimeAsync(15_000);
    await release(ada, lease);
    expect(reasonOf(await bob.acquire("cad.pro"))).toBe("NO_SEATS");
    await vi.advanceTimersByTimeAsync(10_000);
    leaseOf(await bob.acquire("cad.pro"));
  });

  it("is for older versions refuses newer ones, and says so", async () => {
    const daemon = await aDaemon(oneSeat({ version_max: "2026.9" }));
    const ada = await station(daemon, "ada");
    expect(reasonOf(await ada.acquire("cad.pro", { version: "2026.10" }))).toBe("VERSION_TOO_NEW");
    leaseOf(await ada.acquire("cad.pro", { version: "2026.9" }));
  });

  it("begins later begins by itself, in its moment", async () => {
    stopTime();
    const other = { name: "sim.solver", seats: 1 };
    const daemon = await aDaemon({
      site: "Example Studio",
      features: [{ name: "cad.pro", seats: 1, starts_at: noon + 60_000 }, other],
    });
    const ada = await station(daemon, "ada");
    await vi.advanceTimersByTimeAsync(59_999);
    expect(reasonOf(await ada.acquire("cad.pro"))).toBe("NOT_STARTED");
    await vi.advanceTimersByTimeAsync(1);
    leaseOf(await ada.acquire("cad.pro"));
  });

  it("has ended goes on through its grace, and who still has a seat then is told at the next renewal", async () => {
    stopTime();
    const day = 86_400_000;
    // The end lies so far back that the grace is over in a minute.
    const ended = { expires_at: noon - 5 * day + 60_000, grace_days: 5 };
    const daemon = await aDaemon(oneSeat({ ...ended, lease_time: "5m" }));
    const ada = await station(daemon, "ada");
    const lease = leaseOf(await ada.acquire("cad.pro"));
    await vi.advanceTimersByTimeAsync(59_999);
    expect(await renewed(ada, lease)).toMatchObject({ leases: [{ id: lease }], lost: [] });
    await vi.advanceTimersByTimeAsync(1);
    expect(await renewed(ada, lease)).toMatchObject({ lost: [{ id: lease, reason: "EXPIRED" }] });
    expect(reasonOf(await ada.acquire("cad.pro"))).toBe("EXPIRED");
  });

  it("is one of two: what both sell is added up, and each ends for itself", async () => {
    stopTime();
    const daemon = await aDaemon(oneSeat({ expires_at: noon + 60_000, lease_time: "5m" }));
    await daemon.admin.installLicense(licenseFor(daemon.site, oneSeat({ lease_time: "5m" })));
    const [ada, bob] = [await station(daemon, "ada"), await station(daemon, "bob")];
    const first = leaseOf(await ada.acquire("cad.pro"));
    await vi.advanceTimersByTimeAsync(1_000);
    const second = leaseOf(await bob.acquire("cad.pro"));
    await vi.advanceTimersByTimeAsync(59_000);
    expect(await renewed(bob, second)).toMatchObject({ lost: [{ reason: "NO_SEATS" }] });
    expect(await renewed(ada, first)).toMatchObject({ leases: [{ id: first }], lost: [] });
  });
});
