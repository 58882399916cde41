import { isoTime, type UnixMillis, unixMillis } from "../base/time.ts";
import type { DeskCore } from "./desk-core.ts";
import type { NotReady } from "./health.ts";
import type { IncidentCode } from "./incident-codes.ts";
import { clockWithholdings } from "./seat-terms.ts";

/** Suspicions that no block tells of yet, and the day of the newest block that does. */
interface Untold {
  /** A UTC day; empty before the first block. */
  readonly toldOn: string;
  readonly count: number;
  readonly firstSeen: UnixMillis;
}

const HINT =
  "set the clock right; where it is right, the vendor's next receipt confirms it (docs/RECOVERY.md)";

/**
 * What a clock that is not believed leads to at one vendor's desk. Seals an INCIDENT when the wall clock becomes suspect: at once, but in one block a UTC day at most, so
 * that who turns it to and fro writes no ledger full. Days are those of the believed time.
 */
export class SuspectClock {
  readonly #core: DeskCore;
  readonly #alone: (work: () => Promise<void>) => Promise<void>;

  /** @param alone runs work that writes between two groups. */
  constructor(core: DeskCore, alone: (work: () => Promise<void>) => Promise<void>) {
    this.#core = core;
    this.#alone = alone;
  }

  /** From when on, or since when, no new seats are granted because of it; undefined for never. */
  get refusedFrom(): UnixMillis | undefined {
    return clockWithholdings(this.#core)[0]?.from;
  }

  /** Why no new seats are granted, if none are. */
  problems(): readonly NotReady[] {
    const { time, vendor } = this.#core;
    const from = this.refusedFrom;
    if (from === undefined || time.now().wall < from) return [];
    const reason = `the clock of this machine is not believed: no new seats of ${vendor.name} are granted`;
    return [{ code: "CLOCK_SUSPECT", reason, hint: HINT }];
  }

  /** The wall clock is not believed any more. */
  async suspect(): Promise<void> {
    const { wall } = this.#core.time.now();
    const { toldOn, count, firstSeen } = this.#untold;
    this.#keep({ toldOn, count: count + 1, firstSeen: count === 0 ? wall : firstSeen });
    await this.sealRest();
  }

  /** Seals what a day's incident came too early for, if a new day has begun. */
  async sealRest(): Promise<void> {
    const { toldOn, count } = this.#untold;
    if (count === 0 || toldOn === this.#today) return;
    await this.#alone(() => this.#seal());
  }

  async #seal(): Promise<void> {
    const { count, firstSeen } = this.#untold;
    // Somebody else was first.
    if (count === 0) return;
    const told = { toldOn: this.#today, count: 0, firstSeen: unixMillis(0) };
    // The clocks of each checkpoint are the evidence.
    const draft = {
      type: "incident",
      code: "CLOCK_ANOMALY" satisfies IncidentCode,
      evidenceHash: null,
      firstSeen,
      count,
    } as const;
    const record = { kind: "meta", key: this.#key, value: textOf(told) } as const;
    await this.#core.writer.append(() => draft, { records: [record] });
  }

  get #untold(): Untold {
    const kept = this.#core.store.meta(this.#key);
    if (kept === undefined) return { toldOn: "", count: 0, firstSeen: unixMillis(0) };
    const [toldOn = "", count = "", firstSeen = ""] = kept.split(" ");
    return { toldOn, count: Number(count), firstSeen: unixMillis(Number(firstSeen)) };
  }

  #keep(untold: Untold): void {
    this.#core.store.putMeta(this.#key, textOf(untold));
  }

  get #key(): string {
    return `clock incidents ${this.#core.vendor.name}`;
  }

  get #today(): string {
    return isoTime(this.#core.time.now().wall).slice(0, 10);
  }
}

const textOf = ({ toldOn, count, firstSeen }: Untold): string => `${toldOn} ${count} ${firstSeen}`;
