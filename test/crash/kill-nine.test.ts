import { describe, expect, it } from "vitest";
import { AdminClient } from "../../src/daemon/admin-client.ts";
import { inspectLedger } from "../../src/daemon/ledger-inspection.ts";
import type { SealedEvent } from "../../src/ledger/payload.ts";
import { type Ingested, ingest } from "../daemon/at-the-vendor.ts";
import { licenseFor } from "../daemon/given.ts";
import { nonce, Workstation } from "../daemon/workstation.ts";
import { later, temporaryFolder } from "../support/leftovers.ts";
import { Terminal } from "../support/terminal.ts";
import { initialised, serve } from "./served.ts";
import { Swarm } from "./swarm.ts";

const KILLS = 8;

const terms = (sealing: "scheduled" | "immediate"): object => ({
  site: "Example Studio",
  features: [{ name: "cad.pro", seats: 100_000, lease_time: "1d" }],
  meters: [{ name: "render.minutes", unit: "minutes" }],
  detail: "events",
  sealing: { mode: sealing, max_interval: "10m" },
});

describe.each(["scheduled", "immediate"] as const)("a daemon with %s sealing", (sealing) => {
  it("that is killed again and again loses nothing it has answered, and counts nothing twice", async () => {
    const terminal = new Terminal(temporaryFolder());
    const site = await initialised(terminal);
    let daemon = await serve(terminal);
    const admin = new AdminClient(site.config.socket);
    await admin.installLicense(licenseFor(site, terms(sealing)));

    const swarm = new Swarm(6, daemon.url);
    later(() => swarm.abandon());
    for (let kill = 0; kill < KILLS; kill += 1) {
      await swarm.afterAnswers(25 + 13 * kill);
      const next = daemon.process.kill("SIGKILL").then(() => serve(terminal));
      swarm.moveTo(next.then(({ url }) => url));
      daemon = await next;
    }
    await swarm.stop();

    for (const [lease, holder] of swarm.held) {
      const station = await Workstation.greeted(daemon.url, holder);
      expect(await station.ask("seat.renew", { leases: [lease], nonce: nonce() })).toMatchObject({
        result: { leases: [{ id: lease }], lost: [] },
      });
    }
    const [vendor] = (await admin.status()).vendors;
    expect(vendor?.meters).toMatchObject([{ used: swarm.told.units }]);
    expect(vendor?.features).toMatchObject([{ used: swarm.held.size }]);

    const { report, payloads } = ingest(await exported(admin), site.request);
    expect(report).toMatchObject({ verdict: "FIRST_VERIFIED", problems: [], findings: [] });
    const events = eventsIn(payloads);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
    expect(namesOf(events, "grant")).toEqual(swarm.told.granted.toSorted());
    expect(namesOf(events, "end")).toEqual(swarm.told.released.toSorted());
    expect(unitsIn(events)).toBe(swarm.told.units);

    expect(await daemon.process.kill("SIGTERM")).toMatchObject({ code: 0 });
    expect(await inspectLedger(site.config)).toMatchObject({ problems: [] });
  }, 180_000);
});

async function exported(admin: AdminClient): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  await admin.exportUsage((piece) => void pieces.push(piece));
  return Buffer.concat(pieces);
}

function eventsIn(payloads: Ingested["payloads"]): readonly SealedEvent[] {
  return payloads.flatMap((payload) =>
    payload.type === "checkpoint" && "events" in payload ? payload.events : [],
  );
}

function namesOf(events: readonly SealedEvent[], type: "grant" | "end"): readonly string[] {
  return events.flatMap((event) => (event.type === type ? [event.lease] : [])).toSorted();
}

function unitsIn(events: readonly SealedEvent[]): number {
  return events.reduce((sum, event) => sum + (event.type === "usage" ? event.units : 0), 0);
}
