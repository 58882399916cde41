import { describe, expect, it } from "vitest";
import { AdminClient } from "../../src/daemon/admin-client.ts";
import { licenseFor } from "../daemon/given.ts";
import { somebody, Workstation } from "../daemon/workstation.ts";
import { later, temporaryFolder } from "../support/leftovers.ts";
import { Terminal } from "../support/terminal.ts";
import { EACH_SECOND, initialised, serve } from "./served.ts";
import { Swarm } from "./swarm.ts";

const KILLS = 4;
const DENIED_EACH_TIME = 6;

const TERMS = {
  site: "Example Studio",
  features: [
    { name: "cad.pro", seats: 100_000, lease_time: "1d" },
    { name: "sim.solver", seats: 1, lease_time: "1d" },
  ],
  meters: [{ name: "render.minutes", unit: "minutes" }],
};

describe.each([
  ["has stored some of its figures", EACH_SECOND],
  ["has stored none of its figures", '{ schedule: "0 0 1 1 *", max_pending: 100000 }'],
])("the history of a daemon that %s when it is killed", (_, checkpoint) => {
  it("has the grants and denials that clients were told of, each once, also after more restarts", async () => {
    const terminal = new Terminal(temporaryFolder());
    const site = await initialised(terminal, checkpoint);
    let daemon = await serve(terminal);
    const admin = new AdminClient(site.config.socket);
    await admin.installLicense(licenseFor(site, TERMS));
    const before = await figures(admin);
    expect(before.hours).toEqual([]);

    const holder = await Workstation.greeted(daemon.url);
    expect((await holder.acquire("sim.solver")).error).toBeUndefined();
    const swarm = new Swarm(4, daemon.url);
    later(() => swarm.abandon());
    for (let kill = 0; kill < KILLS; kill += 1) {
      const { url } = daemon;
      await Promise.all(Array.from({ length: DENIED_EACH_TIME }, () => denied(url)));
      await swarm.afterAnswers(20 + 11 * kill);
      const next = daemon.process.kill("SIGKILL").then(() => serve(terminal));
      swarm.moveTo(next.then((served) => served.url));
      daemon = await next;
    }
    await swarm.stop();

    const told = await figures(admin);
    expect(told.total).toEqual({
      "cad.pro": { grants: swarm.told.granted.length, denials: {} },
      "sim.solver": { grants: 1, denials: { NO_SEATS: KILLS * DENIED_EACH_TIME } },
    });
    for (let restart = 0; restart < 2; restart += 1) {
      await daemon.process.kill("SIGKILL");
      daemon = await serve(terminal);
      expect((await figures(admin)).hours).toEqual(told.hours);
    }
    await admin.checkpoint();
    expect(await daemon.process.kill("SIGTERM")).toMatchObject({ code: 0 });
    daemon = await serve(terminal);
    expect((await figures(admin)).hours).toEqual(told.hours);
    expect(await daemon.process.kill("SIGTERM")).toMatchObject({ code: 0 });
  }, 180_000);
});

/** Somebody new asks for the seat that is taken: who asks again within a lease time counts once. */
async function denied(url: string): Promise<void> {
  const station = await Workstation.greeted(url, somebody());
  const answer = await station.acquire("sim.solver");
  expect(answer.error?.data).toMatchObject({ reason: "NO_SEATS" });
  await station.leave();
}

interface Counted {
  readonly grants: number;
  readonly denials: Readonly<Record<string, number>>;
}

/** What the administrator sees: hours in which something was granted or denied, and their sums. */
async function figures(admin: AdminClient): Promise<{
  readonly hours: readonly (Counted & { readonly period: string; readonly feature: string })[];
  readonly total: Readonly<Record<string, Counted>>;
}> {
  const { rows } = await admin.usageHistory({ by: "hour" });
  const hours = rows
    .map(({ period, feature, grants, denials }) => ({ period, feature, grants, denials }))
    .filter(({ grants, denials }) => grants > 0 || Object.keys(denials).length > 0);
  const total: Record<string, Counted> = {};
  // The test may run over the end of an hour.
  for (const { feature, grants, denials } of hours) {
    const sum = total[feature] ?? { grants: 0, denials: {} };
    const reasons = { ...sum.denials };
    for (const [reason, count] of Object.entries(denials)) {
      reasons[reason] = (reasons[reason] ?? 0) + count;
    }
    total[feature] = { grants: sum.grants + grants, denials: reasons };
  }
  return { hours, total };
}
