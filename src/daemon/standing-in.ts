import { utf8 } from "../base/bytes.ts";
import type { Moment, UnixMillis } from "../base/time.ts";
import { sha256 } from "../crypto/hash.ts";
import type { IncidentPayload } from "../ledger/payload.ts";
import type { License } from "../license/license.ts";
import { lendingOf, lentLicense } from "../license/stand-in.ts";
import type { Store } from "../store/database.ts";
import { EmergencyTime } from "./emergency-time.ts";
import { keptStandIn, type StandInNote } from "./stand-in-note.ts";

/** What a ledger that stands in for another one says of each day in an INCIDENT block. */
export const EMERGENCY_CODES = ["EMERGENCY_DAY"] as const;

/** How an emergency stands. */
export interface EmergencyDays {
  /** 1 for the first; above `allowed` when it is over. */
  readonly day: number;
  /** By the license that allows the most. */
  readonly allowed: number;
  readonly endsAt: UnixMillis;
}

/** A ledger that stands in for the one that the licenses name, on a standby host or in an emergency. */
export class StandingIn {
  readonly note: StandInNote;
  readonly #hostHash: string;
  /** Undefined where no days are counted. */
  readonly #time: EmergencyTime | undefined;

  /** Undefined for a ledger that stands in for none. @throws DaemonError SITE_FILE_UNREADABLE. */
  static open(
    store: Store,
    vendor: string,
    hostHash: string,
    now: () => Moment,
  ): StandingIn | undefined {
    const note = keptStandIn(store, vendor);
    if (note === undefined) return undefined;
    const { isEmergency, licensed } = note;
    const time = isEmergency ? new EmergencyTime(store, vendor, licensed, now) : undefined;
    return new StandingIn(note, hostHash, time);
  }

  private constructor(note: StandInNote, hostHash: string, time: EmergencyTime | undefined) {
    this.note = note;
    this.#hostHash = hostHash;
    this.#time = time;
  }

  isLent({ chainId }: License): boolean {
    return chainId === this.note.licensed;
  }

  /** The license as it holds here; one of this ledger itself as it is. */
  held(license: License): License {
    if (!this.isLent(license)) return license;
    const isCounted = lendingOf(license, this.note, this.#hostHash) === "emergency";
    const end = this.#time?.endAfter(license.terms.emergencyDays) ?? null;
    return lentLicense(license, isCounted ? end : null);
  }

  /** Undefined where none of these licenses counts days: on a standby host, and once the ledger has licenses of its own. */
  emergency(licenses: readonly License[]): EmergencyDays | undefined {
    const license = this.#mostDays(licenses);
    if (license === undefined || this.#time === undefined) return undefined;
    const allowed = license.terms.emergencyDays;
    return { day: this.#time.day, allowed, endsAt: this.#time.endAfter(allowed) };
  }

  /** What the ledger is to say of this day; undefined where none is counted, or none is left. */
  incident(licenses: readonly License[]): IncidentPayload | undefined {
    const license = this.#mostDays(licenses);
    if (license === undefined || this.#time === undefined) return undefined;
    const { day, since } = this.#time;
    if (day > license.terms.emergencyDays) return undefined;
    return {
      type: "incident",
      code: "EMERGENCY_DAY" satisfies (typeof EMERGENCY_CODES)[number],
      evidenceHash: sha256(utf8(license.text)),
      firstSeen: since,
      count: day,
    };
  }

  /** Takes down how much of an emergency has passed. */
  keepTime(): void {
    this.#time?.keep();
  }

  #mostDays(licenses: readonly License[]): License | undefined {
    return licenses
      .filter((license) => lendingOf(license, this.note, this.#hostHash) === "emergency")
      .toSorted((one, other) => other.terms.emergencyDays - one.terms.emergencyDays)[0];
  }
}
