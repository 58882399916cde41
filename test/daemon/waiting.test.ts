import { describe, expect, it, vi } from "vitest";
import { aDaemon, type GivenDaemon, stopTime } from "./given.ts";
import { leaseOf, somebody, Workstation } from "./workstation.ts";
import { aRuledDaemon } from "./written-rules.ts";

const oneSeat = {
  site: "Example Studio",
  features: [{ name: "cad.pro", seats: 1, lease_time: "10m" }],
};
const minute = 60_000;

const station = ({ url }: GivenDaemon, user: string): Promise<Workstation> =>
  Workstation.greeted(url, somebody(user));

const queued = async (workstation: Workstation): Promise<unknown> =>
  (await workstation.ask("status.get")).result?.["features"];

describe("somebody who waits for a seat", () => {
  it("keeps the place for two minutes without a connection, and no longer", async () => {
    stopTime();
    const daemon = await aDaemon(oneSeat);
    const [ada, bob, cid] = [
      await station(daemon, "ada"),
      await station(daemon, "bob"),
      await station(daemon, "cid"),
    ];
    const held = leaseOf(await ada.acquire("cad.pro"));
    await bob.acquire("cad.pro", { wait: true, key: "bob-1" });
    expect(await cid.acquire("cad.pro", { wait: true, key: "cid-1" })).toMatchObject({
      result: { state: "queued", position: 2 },
    });
    await gone(daemon, bob);
    await vi.advanceTimersByTimeAsync(2 * minute - 1);
    expect(await queued(ada)).toMatchObject([{ queued: 2 }]);
    const back = await Workstation.greeted(daemon.url, bob.identity);
    expect(await back.acquire("cad.pro", { wait: true, key: "bob-1" })).toMatchObject({
      result: { state: "queued", position: 1 },
    });
    await gone(daemon, back);
    await vi.advanceTimersByTimeAsync(2 * minute);
    expect(await queued(ada)).toMatchObject([{ queued: 1 }]);
    await ada.ask("seat.release", { lease: held });
    expect((await cid.notified("queue.granted")).params).toMatchObject({ key: "cid-1" });
  });

  it("is told how long it will take, by how long leases have lasted and by the place", async () => {
    stopTime();
    const daemon = await aDaemon(oneSeat);
    const [ada, bob, cid] = [
      await station(daemon, "ada"),
      await station(daemon, "bob"),
      await station(daemon, "cid"),
    ];
    for (const length of [40_000, 80_000]) {
      const lease = leaseOf(await ada.acquire("cad.pro"));
      await vi.advanceTimersByTimeAsync(length);
      await ada.ask("seat.release", { lease });
    }
    leaseOf(await ada.acquire("cad.pro"));
    expect(await bob.acquire("cad.pro", { wait: true })).toMatchObject({
      result: { state: "queued", position: 1, expectedWaitMs: 60_000 },
    });
    expect(await cid.acquire("cad.pro", { wait: true })).toMatchObject({
      result: { state: "queued", position: 2, expectedWaitMs: 120_000 },
    });
    expect((await ada.acquire("cad.pro")).error?.data).toMatchObject({
      reason: "NO_SEATS",
      queuePosition: 3,
      retryAfterMs: 180_000,
    });
  });

  it("goes before those who came earlier with a lower priority, and is not kept waiting for ever by higher ones", async () => {
    const daemon = await aRuledDaemon(
      `
groups: { leads: { users: ["lead-*"] } }
rules: [{ priority: { feature: cad.pro, value: 5, who: leads } }]
`,
      oneSeat,
    );
    const holder = await station(daemon, "holder");
    let held = leaseOf(await holder.acquire("cad.pro"));
    let inUse = holder;
    const patient = await station(daemon, "patient");
    await patient.acquire("cad.pro", { wait: true, key: "patient" });
    // Ten may overtake (docs/ADMINISTRATION.md); the eleventh stands behind.
    for (let came = 0; came < 10; came += 1) {
      const lead = await station(daemon, `lead-${came}`);
      expect(await lead.acquire("cad.pro", { wait: true })).toMatchObject({
        result: { position: 1 },
      });
      await inUse.ask("seat.release", { lease: held });
      held = leaseOf(await lead.notified("queue.granted"));
      inUse = lead;
    }
    const eleventh = await station(daemon, "lead-11");
    expect(await eleventh.acquire("cad.pro", { wait: true })).toMatchObject({
      result: { position: 2 },
    });
    await inUse.ask("seat.release", { lease: held });
    expect((await patient.notified("queue.granted")).params).toMatchObject({ key: "patient" });
  });
});

/** The daemon has seen the connection end. */
async function gone({ admin }: GivenDaemon, workstation: Workstation): Promise<void> {
  const { connections } = await admin.status();
  await workstation.leave();
  while ((await admin.status()).connections === connections) {
    // Asking is what gives the daemon time; the clock stands still.
  }
}
