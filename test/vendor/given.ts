import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { CodedError } from "../../src/base/errors.ts";
import type { Pseudonym } from "../../src/base/identity.ts";
import { clientKey, leaseId } from "../../src/base/ids.ts";
import {
  type Moment,
  millis,
  monoMillis,
  type UnixMillis,
  unixMillis,
} from "../../src/base/time.ts";
import type { EndReason, NamingChange, NewUsageEvent } from "../../src/base/usage-event.ts";
import type { ByteSource } from "../../src/ledger/ports.ts";
import type { License } from "../../src/license/license.ts";
import { decodeTerms, type Terms } from "../../src/license/terms.ts";
import { databasePath, type VendorFolder } from "../../src/vendor/folder.ts";
import { type Ingested, ingestBundle } from "../../src/vendor/ingest.ts";
import { type IssuedLicense, issueLicense, type VendorKeys } from "../../src/vendor/issue.ts";
import { initVendor, unlockIssuing, unlockSealing } from "../../src/vendor/keys.ts";
import { type Superseded, supersede } from "../../src/vendor/supersede.ts";
import { VendorStore } from "../../src/vendor/vendor-store.ts";

/** Long past, so that no clock that runs these tests finds the site's clock ahead. */
export const noon: UnixMillis = unixMillis(Date.UTC(2024, 2, 1, 12));
export const minute = 60_000;
export const day = 86_400_000;
export const at = (wall: number): Moment => ({ wall: unixMillis(wall), mono: monoMillis(0) });

export const passphrase = "correct horse battery staple";
/** Cheap key files: what is tested here is not how long a guess takes. */
export const cheap = { n: 1_024, r: 8, p: 1 };

export const terms: Terms = decodeTerms({
  site: "Example GmbH",
  features: [{ name: "cad.pro", seats: 3 }],
  meters: [{ name: "render.minutes", unit: "minute", quota: 600 }],
  report: { interval_days: 30, grace_days: 7 },
});

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "seatkeeper-vendor-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A vendor at work: folder, unlocked keys, open store. */
export class Desk {
  readonly folder: VendorFolder;
  readonly keys: VendorKeys;
  readonly store: VendorStore;

  readonly #now: Moment;

  private constructor(folder: VendorFolder, now: number) {
    this.folder = folder;
    this.#now = at(now);
    this.keys = {
      issuing: unlockIssuing(folder, passphrase, this.#now),
      sealing: unlockSealing(folder, passphrase),
    };
    this.store = VendorStore.open(databasePath(folder.path));
  }

  static open(name = "acme.example"): Desk {
    return Desk.at(newVendor(join(temporaryFolder(), "vendor"), name));
  }

  static at(folder: VendorFolder, now: number = noon): Desk {
    const desk = new Desk(folder, now);
    onTestFinished(() => desk.store.close());
    return desk;
  }

  /** A second command at the same desk. */
  again(): Desk {
    return Desk.at(this.folder);
  }

  issue(
    request: string,
    sold: Terms = terms,
    deliver: (license: License) => void = () => undefined,
  ): IssuedLicense {
    const bytes = Buffer.from(request);
    return issueLicense(this.store, this.folder, this.keys, {
      request: bytes,
      terms: sold,
      now: this.#now,
      deliver,
    });
  }

  /** `seatkeeper-vendor supersede`. */
  supersede(
    bundle: Uint8Array,
    evidence: readonly string[] = [],
    now = noon + 60 * minute,
  ): Superseded {
    return supersede(this.store, this.folder, this.keys, {
      source: sourceOf(bundle),
      name: "usage.skb",
      evidence,
      reason: "the disk was put back after a crash",
      now: at(now),
      deliver: () => undefined,
    });
  }

  ingest(bundle: Uint8Array, options: { reviewed?: boolean; now?: number } = {}): Ingested {
    return ingestBundle(this.store, this.folder, this.keys, {
      source: sourceOf(bundle),
      name: "usage.skb",
      now: at(options.now ?? noon + 60 * minute),
      reviewed: options.reviewed ?? false,
    });
  }
}

export function newVendor(path: string, name = "acme.example", now: number = noon): VendorFolder {
  return initVendor({ path, name, passphrase, now: at(now), cost: cheap });
}

const sourceOf = (bytes: Uint8Array): ByteSource => ({
  length: bytes.length,
  read: (offset, length) => bytes.slice(offset, offset + length),
});

const ada = "u_AAAAAAAAAAAAAAAAAAAAAA" as Pseudonym;
const seat = leaseId("00112233445566778899aabbccddeeff");

type Timeless<Event> = Event extends NewUsageEvent ? Omit<Event, "wall"> : never;
/** What happened, without when. */
export type Happening = Timeless<NewUsageEvent>;

type Metered = Extract<Happening, { readonly type: "usage" | "refund" }>;

export const granted = (feature = "cad.pro", overdraft = false): Happening => ({
  type: "grant",
  feature,
  count: 1,
  user: ada,
  lease: seat,
  overdraft,
});

export const ended = (minutes: number, reason: EndReason = "released"): Happening => ({
  type: "end",
  feature: "cad.pro",
  count: 1,
  user: ada,
  lease: seat,
  reason,
  seatMillis: millis(minutes * minute),
});

export const borrowed = (days: number): Happening => ({
  type: "borrow",
  feature: "cad.pro",
  count: 1,
  user: ada,
  lease: seat,
  until: unixMillis(noon + days * day),
});

export const denied = (reason: string, feature = "cad.pro"): Happening => ({
  type: "denial",
  feature,
  reason,
  user: ada,
});

export const metered = (units: number): Metered => ({
  type: "usage",
  meter: "render.minutes",
  units,
  usedAt: noon,
  user: ada,
  client: clientKey("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
});

/** Units given back that were used at noon. */
export const refunded = (units: number): Happening => ({ ...metered(units), type: "refund" });

export const listed = (change: NamingChange, feature = "cad.pro"): Happening => ({
  type: "naming",
  feature,
  user: ada,
  change,
});

/** The code of the error that `work` ends with. */
export function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return error instanceof CodedError ? String(error.code) : String(error);
  }
  return undefined;
}
