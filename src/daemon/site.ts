import { type Pseudonym, type RawIdentity, rawIdentity } from "../base/identity.ts";
import { type Millis, millis, seconds } from "../base/time.ts";
import type { ScheduleClock, Timer } from "../clock/clock.ts";
import type { Config } from "../config/config.ts";
import type { HostFingerprint } from "../license/host-fingerprint.ts";
import { failure, type Log } from "../log/log.ts";
import { NOBODY, type Observer } from "../metrics/observer.ts";
import { pseudonymOf } from "../privacy/pseudonym.ts";
import { DEFAULT_SEAT_LIMITS, type SeatLimits } from "../seats/terms.ts";
import type { DataFolder, VendorFolder } from "../store/data-folder.ts";
import { openStore, type Store } from "../store/database.ts";
import { AuditTrail } from "./audit-trail.ts";
import { clockMemory } from "./clock-memory.ts";
import { type DeskParts, openDeskCore } from "./desk-core.ts";
import { Door } from "./door.ts";
import { Enrolments } from "./enrolments.ts";
import { isUnavailable } from "./failure-kind.ts";
import type { NotReady } from "./health.ts";
import { Housekeeping } from "./housekeeping.ts";
import { NamedAuditor } from "./named-auditor.ts";
import { PRODUCT } from "./product.ts";
import { SecurityWatch } from "./security-watch.ts";
import { readSiteFiles, type SiteFiles } from "./site-files.ts";
import type { SiteKey } from "./site-key.ts";
import { SiteTime } from "./site-time.ts";
import { VendorDesk } from "./vendor-desk.ts";

/** What a site needs from the process around it. */
export interface SiteParts {
  readonly clock: ScheduleClock;
  readonly log: Log;
  readonly host: () => HostFingerprint;
  /** Told of what happens; left out, nothing is measured. */
  readonly observer?: Observer;
  /**
   * Called once when memory and disk may differ. The process must end without another word to
   * anybody; the next start repairs what is to be repaired.
   */
  readonly fatal: (error: unknown) => void;
}

/** How exactly the end of an unclean run is known: what seat time of lost leases is counted to. */
const ALIVE_BEAT: Millis = seconds(30);

const SHUTDOWN = "shutdown";

/** A site without its network: data folder, ledgers and desks. The offline commands use it too. */
export class Site {
  readonly data: DataFolder;
  readonly siteKey: SiteKey;
  /** By vendor name. */
  readonly desks: ReadonlyMap<string, VendorDesk>;
  readonly time: SiteTime;
  readonly store: Store;
  readonly door: Door;
  readonly auditor: NamedAuditor;
  readonly enrolments: Enrolments;
  readonly trail: AuditTrail;
  readonly security: SecurityWatch;
  readonly #orphans: readonly VendorFolder[];
  readonly #config: Config;
  readonly #parts: SiteParts;
  #alive: Timer | undefined;
  readonly #housekeeping: Housekeeping;
  readonly #schedules: Map<string, Timer> = new Map();

  /**
   * Takes the data folder for this process and repairs what a crash has left.
   * @throws DaemonError SITE_MISSING, SITE_KEY_DAMAGED; StoreError STORE_LOCKED when another daemon
   * has the folder, and for one that cannot be used; LedgerError for a ledger that cannot be
   * continued.
   */
  static async open(config: Config, parts: SiteParts): Promise<Site> {
    const files = readSiteFiles(config.dataDir);
    const host = parts.host();
    const store = openStore(files.data.database);
    const desks = new Map<string, VendorDesk>();
    try {
      const time = new SiteTime(parts.clock, clockMemory(store, parts.log), parts.log);
      const clean = store.meta(SHUTDOWN) !== "unclean";
      const door = new Door(config);
      const auditor = new NamedAuditor(config);
      const { log, fatal } = parts;
      const trail = new AuditTrail({ store, time, log, fatal });
      const opened = { files, store, time, door, auditor, trail };
      const shared = deskParts(config, parts, { ...opened, host, clean });
      for (const { file, folder } of files.vendors) {
        // oxlint-disable-next-line no-await-in-loop -- in a fixed order, so that failures repeat
        const core = await openDeskCore(shared, folder, file);
        desks.set(file.name, new VendorDesk(core, config.checkpoint.maxPending, parts.fatal));
      }
      return new Site(config, parts, { ...opened, desks });
    } catch (error) {
      for (const desk of desks.values()) desk.close();
      store.close();
      throw error;
    }
  }

  private constructor(
    config: Config,
    parts: SiteParts,
    opened: {
      readonly files: SiteFiles;
      readonly store: Store;
      readonly time: SiteTime;
      readonly door: Door;
      readonly auditor: NamedAuditor;
      readonly trail: AuditTrail;
      readonly desks: ReadonlyMap<string, VendorDesk>;
    },
  ) {
    this.#config = config;
    this.#parts = parts;
    this.data = opened.files.data;
    this.#orphans = opened.files.orphans;
    this.siteKey = opened.files.siteKey;
    this.desks = opened.desks;
    this.time = opened.time;
    this.store = opened.store;
    this.door = opened.door;
    this.auditor = opened.auditor;
    this.trail = opened.trail;
    this.security = new SecurityWatch(this.trail, parts.clock);
    this.enrolments = new Enrolments({
      store: this.store,
      time: this.time,
      daemonKey: this.siteKey.signer.publicKey,
      fatal: parts.fatal,
    });
    const { clock, log } = parts;
    this.#housekeeping = new Housekeeping({
      clock,
      log,
      store: this.store,
      time: this.time,
      keep: config.history.keep,
      vendors: () => this.desks.keys(),
      enrolments: this.enrolments,
      trail: this.trail,
      keepTrail: config.audit.keep,
    });
    this.time.onJudgement((trust) => this.#clockJudged(trust));
    this.#note(SHUTDOWN, "unclean");
  }

  /** Checkpoints on their schedule, the clock watched, signs of life noted. */
  start(): void {
    const { clock } = this.#parts;
    this.time.start();
    this.#alive = clock.every(ALIVE_BEAT, () => this.#markAlive());
    this.#housekeeping.start();
    for (const desk of this.desks.values()) {
      this.#schedule(desk);
      desk.licenses.warnOfExpiries();
      desk.reports.warn();
      desk.licenses.warnOfAuditor();
      desk.holdToLicenses();
      desk.standIn.warn();
      // A license may bound how long usage waits.
      desk.onLicense(() => this.#schedule(desk));
    }
  }

  userName(user: RawIdentity): Pseudonym {
    return pseudonymOf(this.siteKey.pseudonymKey, "user", user);
  }

  /** The pseudonym of an address that a connection came from; null for one that is not known any more. */
  addressName(address: string | undefined): Pseudonym | null {
    if (address === undefined) return null;
    return pseudonymOf(this.siteKey.pseudonymKey, "address", rawIdentity(address));
  }

  /** Why no seats can be granted at present; empty when they can. */
  problems(): readonly NotReady[] {
    const none: NotReady = {
      code: "VENDOR_NOT_HERE",
      reason: "no vendor's ledger is kept here",
      hint: "run seatkeeper init with the vendor's file",
    };
    return [
      ...this.#orphans.map(orphaned),
      ...(this.desks.size === 0 && this.#orphans.length === 0 ? [none] : []),
      ...[...this.desks.values()].flatMap((desk) => [...desk.core.damage, ...desk.problems()]),
    ];
  }

  /** Seals what waits, unless it is to stay as it is, as far as the disk lets it, and gives the folder back. */
  async close(waiting: "sealed" | "as it is" = "sealed"): Promise<void> {
    this.time.stop();
    this.security.close();
    this.#alive?.cancel();
    this.#housekeeping.stop();
    for (const schedule of this.#schedules.values()) schedule.cancel();
    for (const desk of this.desks.values()) {
      // oxlint-disable-next-line no-await-in-loop -- the disk is one
      if (waiting === "sealed") await this.#lastCheckpoint(desk);
      desk.close();
    }
    this.#markAlive();
    this.#note(SHUTDOWN, "clean");
    this.store.close();
  }

  async #lastCheckpoint(desk: VendorDesk): Promise<void> {
    try {
      await desk.checkpoint();
    } catch (error) {
      // What waits is in the database; the next run seals it.
      this.#parts.log.warn("checkpoint.failed", { vendor: desk.name, ...failure(error) });
    }
  }

  #schedule(desk: VendorDesk): void {
    const { clock } = this.#parts;
    const { schedule, maxInterval, heartbeat } = this.#config.checkpoint;
    const longest = millis(Math.min(maxInterval, desk.maxInterval ?? maxInterval));
    this.#schedules.get(desk.name)?.cancel();
    const timer = clock.schedule(schedule, longest, () => this.#beat(desk, heartbeat));
    this.#schedules.set(desk.name, timer);
  }

  async #beat(desk: VendorDesk, heartbeat: Millis): Promise<void> {
    try {
      await desk.beat(heartbeat);
    } catch (error) {
      this.#parts.log.warn("checkpoint.failed", { vendor: desk.name, ...failure(error) });
    }
  }

  #clockJudged(trust: "suspect" | "trusted"): void {
    for (const desk of this.desks.values()) {
      desk.clockJudged(trust).catch((error: unknown) => {
        // The next look at the clocks or the next start finds it again.
        this.#parts.log.warn("clock.not-kept", { vendor: desk.name, ...failure(error) });
      });
    }
  }

  #markAlive(): void {
    this.#keeping(() => {
      this.store.markAlive(this.time.now().wall);
      for (const { core } of this.desks.values()) core.standingIn?.keepTime();
      this.enrolments.flush();
      this.trail.flush();
    });
  }

  #note(key: string, value: string): void {
    this.#keeping(() => this.store.putMeta(key, value));
  }

  #keeping(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.#parts.log.warn("store.unavailable", failure(error));
    }
  }
}

function orphaned({ path }: VendorFolder): NotReady {
  return {
    code: "VENDOR_FOLDER_ORPHANED",
    reason: `${path} has no vendor.skvendor, so its ledger is not served`,
    hint: "run seatkeeper init with the vendor's file, which puts it back and keeps the ledger, then start again",
  };
}

function deskParts(
  config: Config,
  parts: SiteParts,
  found: {
    readonly files: SiteFiles;
    readonly store: Store;
    readonly time: SiteTime;
    readonly door: Door;
    readonly auditor: NamedAuditor;
    readonly trail: AuditTrail;
    readonly host: HostFingerprint;
    readonly clean: boolean;
  },
): DeskParts {
  return {
    siteKey: found.files.siteKey,
    door: found.door,
    auditor: found.auditor,
    trail: found.trail,
    host: found.host,
    store: found.store,
    clock: parts.clock,
    time: found.time,
    limits: seatLimits(config),
    log: parts.log,
    observer: parts.observer ?? NOBODY,
    version: PRODUCT.version,
    previousShutdownClean: found.clean,
  };
}

function seatLimits({ limits, timeZone }: Config): SeatLimits {
  const { queueLength, leasesPerClient, usageKeysPerClient } = limits;
  return { ...DEFAULT_SEAT_LIMITS, queueLength, leasesPerClient, usageKeysPerClient, timeZone };
}
