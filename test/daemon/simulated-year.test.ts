import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parsePseudonym } from "../../src/base/identity.ts";
import { clientKey, idempotencyKey, instanceId, leaseId } from "../../src/base/ids.ts";
import { NO_STANDING } from "../../src/base/standing.ts";
import { days, hours, monoMillis, unixMillis } from "../../src/base/time.ts";
import { Site } from "../../src/daemon/site.ts";
import type { VendorDesk } from "../../src/daemon/vendor-desk.ts";
import { createLog } from "../../src/log/log.ts";
import type { Command } from "../../src/seats/command.ts";
import type { Answer } from "../../src/seats/decision.ts";
import type { Caller } from "../../src/seats/lease.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { aSite, type GivenSite, host, licenseFor, noon, vendor } from "./given.ts";

const KEEP = days(60);
/** In each step everybody comes once: 2,400 leases, 3,600 records and 1,200 denials a month. */
const STEP = hours(12);
const SEATS = 40;
const CLIENTS = 60;

const TERMS = {
  site: "Example Studio",
  features: [
    { name: "cad.pro", seats: SEATS, lease_time: "30s" },
    { name: "sim.solver", seats: 1, lease_time: "1d" },
  ],
  meters: [{ name: "render.minutes", unit: "minutes", quota: 1_000_000, period: "day" }],
};

const callers: readonly Caller[] = Array.from({ length: CLIENTS }, (_, index) => {
  const name = String(index).padStart(21, "x");
  return {
    client: clientKey(name.padStart(42, "x").concat("A")),
    instance: instanceId("1".repeat(32)),
    user: parsePseudonym(`u_${name}A`),
    host: parsePseudonym(`h_${name}A`),
    display: null,
    standing: NO_STANDING,
  };
});

/** What has happened on one day, as the test itself counted it. */
interface Tally {
  grants: number;
  denials: number;
  units: number;
}

/** A site whose clock the test moves, with a real database and a real ledger. */
class Year {
  readonly clock = new ManualClock({ wall: noon, mono: monoMillis(0) });
  readonly days = new Map<string, Tally>();
  readonly #given: GivenSite;
  readonly fatal: unknown[] = [];
  #site: Site | undefined;
  #number = 0;

  private constructor(given: GivenSite) {
    this.#given = given;
  }

  static async begun(): Promise<Year> {
    const year = new Year(await aSite({ history: { keep: KEEP } }));
    await year.start();
    await year.desk.installLicense(licenseFor(year.#given, TERMS));
    return year;
  }

  get site(): Site {
    if (this.#site === undefined) throw new Error("closed");
    return this.#site;
  }

  get desk(): VendorDesk {
    const desk = this.site.desks.get(vendor);
    if (desk === undefined) throw new Error("no desk");
    return desk;
  }

  async start(): Promise<void> {
    const log = createLog({ level: "error", destination: { write: () => undefined } });
    const fatal = (error: unknown): void => void this.fatal.push(error);
    this.#site = await Site.open(this.#given.config, { clock: this.clock, host, log, fatal });
    this.#site.start();
  }

  async stop(): Promise<void> {
    await this.site.close();
    this.#site = undefined;
  }

  /** Bytes of the database, and of its write-ahead log. */
  size(): { readonly database: number; readonly log: number } {
    const path = join(this.#given.config.dataDir, "seatkeeper.db");
    return { database: statSync(path).size, log: statSync(`${path}-wal`).size };
  }

  /** Everybody takes a seat of one feature, as far as there are, uses ten minutes, and gives it back. */
  async round(): Promise<void> {
    const today = this.#today();
    this.#number += 1;
    const taken = callers.map((by, index) => this.#ask(this.#acquire(by, index)));
    const answers = await Promise.all(taken);
    const used = callers.map((by, index) => this.#ask(this.#record(by, index)));
    await Promise.all(used);
    today.units += 10 * callers.length;
    const back = answers.flatMap((answer, index) => {
      const by = callers[index];
      if (answer.kind === "granted") today.grants += 1;
      else today.denials += 1;
      if (answer.kind !== "granted" || by === undefined) return [];
      return [this.#ask({ kind: "release", by, lease: answer.lease.id })];
    });
    await Promise.all(back);
  }

  #acquire(by: Caller, index: number): Command {
    const id = (this.#number * 100 + index).toString(16).padStart(32, "0");
    const key = idempotencyKey(`acquire-${this.#number}-${index}`);
    const what = { feature: "cad.pro", version: "", versionDate: null, count: 1, wait: false };
    return { kind: "acquire", by, ...what, key, newLease: leaseId(id) };
  }

  #record(by: Caller, index: number): Command {
    const key = idempotencyKey(`record-${this.#number}-${index}`);
    const usedAt = this.site.time.now().wall;
    return {
      kind: "record",
      by,
      records: [{ kind: "use", meter: "render.minutes", units: 10, key, usedAt }],
    };
  }

  #ask(command: Command): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.desk.ask(command, (outcome) => {
        if (outcome.kind === "not-written") reject(new Error("not written"));
        else resolve(outcome);
      });
    });
  }

  #today(): Tally {
    const day = new Date(this.site.time.now().wall).toISOString().slice(0, 10);
    const tally = this.days.get(day) ?? { grants: 0, denials: 0, units: 0 };
    this.days.set(day, tally);
    return tally;
  }
}

describe("a year of work", () => {
  it("leaves a database that stopped growing when the retention was reached, and totals that are right", async () => {
    const year = await Year.begun();
    const months: { readonly database: number; readonly log: number }[] = [];
    for (let month = 0; month < 12; month += 1) {
      for (let step = 0; step < days(30) / STEP; step += 1) {
        await year.round();
        year.clock.advance(STEP);
        await year.desk.checkpoint();
      }
      months.push(year.size());
      if (month % 4 === 3) {
        await year.stop();
        await year.start();
      }
    }
    const settled = months.slice(3).map(({ database }) => database);
    // What grows is the segment directory, by a row a day.
    expect(Math.max(...settled) - Math.min(...settled)).toBeLessThan(240 * 256);
    expect(Math.max(...settled)).toBeLessThan(1_000_000);
    expect(Math.max(...months.map(({ log }) => log))).toBeLessThan(17_000_000);

    const { store } = year.site;
    const kept = new Map<string, Tally>();
    for (const row of store.usageReport(vendor)) {
      const tally = kept.get(row.day) ?? { grants: 0, denials: 0, units: 0 };
      kept.set(row.day, tally);
      if (row.kind === "meter") tally.units += row.units;
      else {
        tally.grants += row.grants;
        tally.denials += row.denials;
      }
    }
    const now = year.site.time.now().wall;
    const oldest = new Date(now - KEEP).toISOString().slice(0, 10);
    const expected = [...year.days].filter(([day]) => day >= oldest);
    expect(expected.length).toBeGreaterThan(55);
    expect([...kept]).toEqual(expected);

    const history = store.history(vendor, {}, year.desk.core.book.hoursUntil(year.clock.now()));
    const from = unixMillis(now - KEEP);
    expect(history.every(({ hour }) => hour >= from - hours(2))).toBe(true);
    const busy = history.filter(({ grants }) => grants > 0);
    expect(busy.length).toBeGreaterThan(115);
    for (const { peak, licensed, grants, denials } of busy) {
      expect({ peak, licensed, grants, denials }).toEqual({
        peak: SEATS,
        licensed: SEATS,
        grants: SEATS,
        denials: { NO_SEATS: CLIENTS - SEATS },
      });
    }
    await year.stop();
    expect(year.fatal).toEqual([]);
  }, 180_000);
});
