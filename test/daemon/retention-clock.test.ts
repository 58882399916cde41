import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { days, hours, monoMillis, unixMillis } from "../../src/base/time.ts";
import { Site } from "../../src/daemon/site.ts";
import { createLog } from "../../src/log/log.ts";
import { hourOf, NO_FIGURES } from "../../src/seats/feature-hour.ts";
import { openStore } from "../../src/store/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { aSite, type GivenSite, host, noon, vendor } from "./given.ts";

const KEEP = 100;

/** A site that has kept one hour of each of its last days, the first of them `age` days ago. */
async function siteOfAge(age: number): Promise<Kept> {
  const given = await aSite({ history: { keep: days(KEEP) } });
  const store = openStore(join(given.config.dataDir, "seatkeeper.db"));
  const changes = Array.from({ length: age + 1 }, (_, index) => ({
    ...NO_FIGURES,
    kind: "hour-counted" as const,
    feature: "cad.pro",
    hour: hourOf(noon - days(index)),
    grants: 1,
  }));
  await store.commit({ vendor, changes });
  store.close();
  return new Kept(given);
}

const open: Kept[] = [];

const fatal = (error: unknown): void => {
  throw error;
};

afterEach(async () => {
  for (const kept of open.splice(0)) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await kept.down();
  }
});

/** The site on a clock of the test, with its real database. */
class Kept {
  readonly clock = new ManualClock({ wall: unixMillis(noon), mono: monoMillis(0) });
  readonly #given: GivenSite;
  #site: Site | undefined;

  constructor(given: GivenSite) {
    this.#given = given;
    open.push(this);
  }

  async up(): Promise<Site> {
    const log = createLog({ level: "error", destination: { write: () => undefined } });
    this.#site = await Site.open(this.#given.config, { clock: this.clock, host, log, fatal });
    this.#site.start();
    return this.#site;
  }

  async down(): Promise<void> {
    await this.#site?.close("as it is");
    this.#site = undefined;
  }

  /** Time passes, in steps. */
  live(span: number, step: number = hours(1)): void {
    for (let at = 0; at < span; at += step) this.clock.advance(step);
  }

  /** How many of the recorded days are left. */
  get left(): number {
    return this.#site?.store.history(vendor).length ?? 0;
  }

  get believed(): number {
    return this.#site?.time.now().wall ?? 0;
  }

  get isTrusted(): boolean {
    return this.#site?.time.isTrusted === true;
  }
}

describe("a clock that was set a year ahead and is believed in the end", () => {
  it("costs no more of the history than a week for each day that passes", async () => {
    const kept = await siteOfAge(KEEP);
    await kept.up();
    kept.live(hours(2));
    const before = kept.left;
    expect(before).toBeGreaterThanOrEqual(KEEP);
    kept.clock.set(unixMillis(noon + days(365)));
    kept.live(hours(30));
    expect(kept.isTrusted).toBe(true);
    expect(kept.believed).toBeGreaterThan(noon + days(365));
    // A day to be believed, and some hours, at a week a day.
    expect(before - kept.left).toBeLessThanOrEqual(10);
    kept.live(days(2));
    expect(before - kept.left).toBeGreaterThan(10);
    expect(before - kept.left).toBeLessThanOrEqual(10 + 14);
  });

  it("costs nothing more by restarts, and nothing once a receipt has put it right", async () => {
    const kept = await siteOfAge(KEEP);
    const site = await kept.up();
    kept.clock.set(unixMillis(noon + days(365)));
    kept.live(hours(30));
    const left = kept.left;
    expect(left).toBeGreaterThan(KEEP - 10);
    kept.clock.set(unixMillis(noon + hours(31)));
    site.time.confirm(unixMillis(noon + hours(30)));
    expect(kept.believed).toBeLessThan(noon + days(2));
    for (let restart = 0; restart < 10; restart += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await kept.down();
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await kept.up();
    }
    kept.live(days(3));
    expect(kept.isTrusted).toBe(true);
    expect(kept.left).toBe(left);
  });
});

describe("what is past the retention after an absence", () => {
  it("goes within days, at a week a day", async () => {
    const kept = await siteOfAge(KEEP);
    await kept.up();
    await kept.down();
    kept.clock.advance(days(28));
    await kept.up();
    expect(kept.isTrusted).toBe(true);
    expect(kept.left).toBeGreaterThanOrEqual(KEEP);
    kept.live(days(6));
    expect(kept.left).toBeLessThanOrEqual(KEEP - 28 - 4);
  });
});

describe("a site whose clock was in the past when it began", () => {
  it("is kept small as soon as its clock is right, because nothing old is there", async () => {
    const kept = await siteOfAge(0);
    kept.clock.set(unixMillis(days(1)));
    await kept.up();
    kept.clock.set(unixMillis(noon));
    kept.live(hours(30));
    expect(kept.isTrusted).toBe(true);
    kept.live(days(KEEP + 1), hours(12));
    expect(kept.left).toBe(0);
  });
});
