import { describe, expect, it, vi } from "vitest";
import { randomHex } from "../../src/crypto/random.ts";
import { aDaemon, type GivenDaemon, stopTime } from "./given.ts";
import { leaseOf, somebody, Workstation } from "./workstation.ts";
import { aRuledDaemon } from "./written-rules.ts";

/** The lines about seats, oldest first. */
const linesOf = ({ log }: GivenDaemon): readonly Readonly<Record<string, unknown>>[] =>
  log
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    .filter(({ event }) => /^(?:seat|usage)\./.test(String(event)));

const holder: unknown = expect.stringMatching(/^u_[\w-]{22}$/);
const machine: unknown = expect.stringMatching(/^h_[\w-]{22}$/);

describe("the log of a daemon", () => {
  it("has a line for each grant, place, denial and end, by pseudonym and lease", async () => {
    const daemon = await aDaemon();
    const [ada, bob] = [
      await Workstation.greeted(daemon.url),
      await Workstation.greeted(daemon.url, somebody("bob")),
    ];
    const lease = leaseOf(await ada.acquire("sim.solver"));
    await bob.acquire("sim.solver");
    await bob.acquire("sim.solver", { wait: true });
    await ada.ask("seat.release", { lease });
    const next = leaseOf(await bob.notified("queue.granted"));
    const acme = { vendor: "acme.example" };
    const solver = { ...acme, feature: "sim.solver", holder };
    await expect.poll(() => linesOf(daemon)).toHaveLength(5);
    expect(linesOf(daemon)).toMatchObject([
      { ...solver, level: "debug", event: "seat.granted", lease, seats: 1, workstation: machine },
      { ...solver, level: "info", event: "seat.denied", reason: "NO_SEATS", place: 1 },
      { ...solver, level: "debug", event: "seat.queued", place: 1, workstation: machine },
      { ...solver, level: "debug", event: "seat.ended", lease, by: "released" },
      { ...solver, level: "debug", event: "seat.granted", lease: next, workstation: machine },
    ]);
    expect(daemon.log.join("")).not.toMatch(/\bada\b|\bbob\b|workstation-7/);
  });

  it("tells a denial once at info, and its repetitions at debug alone", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    for (let time = 0; time < 3; time += 1) await ada.acquire("cad.pro", { count: 4 });
    await expect.poll(() => linesOf(daemon)).toHaveLength(3);
    expect(linesOf(daemon).map(({ level }) => level)).toEqual(["info", "debug", "debug"]);
  });

  it("names the rule that decided", async () => {
    const daemon = await aRuledDaemon(`
rules:
  - { id: cad-for-two, max: { feature: cad.pro, seats: 1, per: user } }
`);
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    await ada.acquire("cad.pro");
    await expect
      .poll(() => linesOf(daemon).at(-1))
      .toMatchObject({ event: "seat.denied", reason: "OVER_MAX", ruleId: "cad-for-two" });
  });

  it("tells who took a lease away, and that one has expired", async () => {
    stopTime();
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const [revoked, expired] = [
      leaseOf(await ada.acquire("cad.pro")),
      leaseOf(await ada.acquire("cad.pro")),
    ];
    await daemon.admin.revoke(revoked as never);
    await ada.leave();
    for (let second = 0; second < 31; second += 1) {
      vi.advanceTimersByTime(1_000);
      for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setImmediate(done));
    }
    await expect.poll(() => linesOf(daemon)).toHaveLength(4);
    expect(linesOf(daemon).slice(2)).toMatchObject([
      { level: "info", event: "seat.ended", lease: revoked, by: "revoked" },
      { level: "info", event: "seat.ended", lease: expired, by: "expired" },
    ]);
  });

  it("tells of a seat that the next process picks up, and of refused usage", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await ada.acquire("cad.pro", { key: "plot-7" }));
    await ada.leave();
    const next = await Workstation.greeted(daemon.url, {
      ...ada.identity,
      instance: randomHex(16),
    });
    await next.acquire("cad.pro", { key: "plot-7" });
    const record = { meter: "render.minutes", units: 9_000, key: "job", usedAt: Date.now() };
    await next.ask("usage.record", { records: [record] });
    await expect.poll(() => linesOf(daemon)).toHaveLength(3);
    expect(linesOf(daemon).slice(1)).toMatchObject([
      { level: "debug", event: "seat.again", lease, holder },
      { level: "info", event: "usage.denied", meter: "render.minutes", reason: "QUOTA_EXHAUSTED" },
    ]);
  });

  it("does not repeat the name of a feature that nobody licensed", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("ada.lovelace");
    await ada.acquire("ada.lovelace");
    await expect.poll(() => linesOf(daemon)).toHaveLength(2);
    expect(linesOf(daemon)).toMatchObject([{ feature: "*" }, { feature: "*" }]);
    expect(daemon.log.join("")).not.toContain("lovelace");
  });
});
