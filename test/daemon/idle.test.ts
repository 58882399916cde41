import { describe, expect, it, vi } from "vitest";
import { connect } from "../../src/client/index.ts";
import { configText } from "../../src/options/config-text.ts";
import { FLEXNET } from "../../src/options/flexnet.ts";
import { RLM } from "../../src/options/rlm.ts";
import { translateOptions } from "../../src/options/translate.ts";
import { turns } from "../support/turns.ts";
import { emptyFolder, type GivenDaemon, root, stopTime, vendor } from "./given.ts";
import { leaseOf, type Message, nonce, somebody, Workstation } from "./workstation.ts";
import { aRuledDaemon } from "./written-rules.ts";

const RULES = `
rules:
  - idle_timeout: { feature: cad.pro, for: 10m }
`;

/** One renewal, after so much of the lease time of thirty seconds. */
async function renewed(who: Workstation, lease: string, more: object = {}): Promise<Message> {
  await vi.advanceTimersByTimeAsync(20_000);
  return who.ask("seat.renew", { leases: [lease], nonce: nonce(), ...more });
}

async function seatOf(daemon: GivenDaemon): Promise<readonly [Workstation, string]> {
  const who = await Workstation.greeted(daemon.url, somebody());
  return [who, leaseOf(await who.acquire("cad.pro"))];
}

describe("a rule that takes seats back after ten idle minutes", () => {
  it("ends a seat that was renewed without any work, and its holder is told", async () => {
    stopTime();
    const daemon = await aRuledDaemon(RULES);
    const [ada, lease] = await seatOf(daemon);
    for (let at = 0; at < 29; at += 1) await renewed(ada, lease, { quiet: [lease] });
    expect((await daemon.admin.seats()).seats).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(20_000);
    expect((await ada.notified("lease.revoked")).params).toMatchObject({
      lease,
      reason: "LEASE_IDLE",
    });
    expect((await renewed(ada, lease)).result).toMatchObject({
      lost: [{ id: lease, reason: "LEASE_IDLE" }],
    });
    expect((await daemon.admin.seats()).seats).toEqual([]);
  });

  it("leaves a seat alone whose application does not tell", async () => {
    stopTime();
    const daemon = await aRuledDaemon(RULES);
    const [ada, lease] = await seatOf(daemon);
    for (let at = 0; at < 60; at += 1) await renewed(ada, lease);
    expect((await daemon.admin.seats()).seats).toMatchObject([{ lease }]);
  });

  it("counts anew from each sign of work", async () => {
    stopTime();
    const daemon = await aRuledDaemon(RULES);
    const [ada, lease] = await seatOf(daemon);
    for (let at = 0; at < 29; at += 1) await renewed(ada, lease, { quiet: [lease] });
    expect((await ada.ask("seat.activity", { leases: [lease] })).result).toEqual({});
    for (let at = 0; at < 29; at += 1) await renewed(ada, lease, { quiet: [lease] });
    expect((await daemon.admin.seats()).seats).toMatchObject([{ lease }]);
    await vi.advanceTimersByTimeAsync(20_000);
    await ada.notified("lease.revoked");
  });

  it("does not count the work of somebody else", async () => {
    stopTime();
    const daemon = await aRuledDaemon(RULES);
    const [ada, lease] = await seatOf(daemon);
    for (let at = 0; at < 29; at += 1) await renewed(ada, lease, { quiet: [lease] });
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    await bob.ask("seat.activity", { leases: [lease] });
    await vi.advanceTimersByTimeAsync(20_000);
    expect((await ada.notified("lease.revoked")).params).toMatchObject({ reason: "LEASE_IDLE" });
  });
});

describe("a timeout of another license manager, translated", () => {
  it.each([
    ["FlexNet", FLEXNET, "TIMEOUTALL 60\nTIMEOUT cad.pro 600\n"],
    ["RLM", RLM, "TIMEOUTALL 60\nTIMEOUT 60 cad.pro\nTIMEOUT 600 CAD.PRO\n"],
  ])(
    "of %s takes a seat back after its time, and then another gets it",
    async (_, dialect, file) => {
      stopTime();
      const rules = configText(translateOptions(file, dialect), "site.opt");
      const daemon = await aRuledDaemon(rules, {
        site: "Example Studio",
        features: [{ name: "cad.pro", seats: 1, lease_time: "30s" }],
      });
      const [ada, lease] = await seatOf(daemon);
      for (let at = 0; at < 29; at += 1) await renewed(ada, lease, { quiet: [lease] });
      const bob = await Workstation.greeted(daemon.url, somebody("bob"));
      expect((await bob.acquire("cad.pro")).error?.data).toMatchObject({ reason: "NO_SEATS" });
      await vi.advanceTimersByTimeAsync(20_000);
      expect((await ada.notified("lease.revoked")).params).toMatchObject({ reason: "LEASE_IDLE" });
      leaseOf(await bob.acquire("cad.pro"));
    },
  );
});

describe("an application that tells when somebody works", () => {
  it("loses an idle seat for good, and keeps one that is worked with", async () => {
    stopTime();
    const daemon = await aRuledDaemon(RULES);
    const keeper = await connect({
      servers: daemon.url,
      vendor: { name: vendor, rootKey: root.publicKey },
      labels: { user: "ada", host: "ada-pc" },
      dataDir: emptyFolder(),
    });
    const used = await keeper.acquire("cad.pro");
    const left = await keeper.acquire("cad.pro");
    const untold = await keeper.acquire("cad.pro");
    left.active();
    const lost: unknown[] = [];
    keeper.on("lost", (seat, { reason, final }) => lost.push([seat === left, reason, final]));
    for (let minute = 0; minute < 12; minute += 1) {
      used.active();
      // Renewals need their answers between the steps of the clock.
      for (let step = 0; step < 12; step += 1) {
        await vi.advanceTimersByTimeAsync(5_000);
        await daemon.admin.status();
        await turns(20);
      }
    }
    expect(lost).toEqual([[true, "LEASE_IDLE", true]]);
    expect([used.state, left.state, untold.state]).toEqual(["held", "lost", "held"]);
    await keeper.close();
  });
});
