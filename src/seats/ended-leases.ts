import type { DenialReason } from "../base/denial.ts";
import type { ClientKey, LeaseId } from "../base/ids.ts";
import { after, type MonoMillis } from "../base/time.ts";
import { type Journal, JournaledMap } from "./journal.ts";
import type { Lease } from "./lease.ts";
import type { SeatLimits } from "./terms.ts";

/** How a lease ended: by its holder, or for a reason that the holder will want to know. */
export type EndedBy = "holder" | DenialReason;

interface EndedLease {
  readonly client: ClientKey;
  readonly feature: string;
  readonly by: EndedBy;
  readonly forgetAt: MonoMillis;
}

/** Leases that ended not long ago, so that who comes too late learns why. */
export class EndedLeases {
  readonly #limits: SeatLimits;
  readonly #ended: JournaledMap<LeaseId, EndedLease>;

  constructor(journal: Journal, limits: SeatLimits) {
    this.#limits = limits;
    this.#ended = new JournaledMap(journal);
  }

  remember(lease: Lease, by: EndedBy, now: MonoMillis): void {
    const forgetAt = after(now, this.#limits.endMemory);
    this.#ended.set(lease.id, { client: lease.client, feature: lease.feature, by, forgetAt });
  }

  /** How the lease ended; undefined when that is unknown, forgotten, or its end is no business of `client`. */
  endOf(lease: LeaseId, client: ClientKey, now: MonoMillis): EndedLease | undefined {
    const ended = this.#ended.get(lease);
    return ended !== undefined && ended.client === client && now < ended.forgetAt
      ? ended
      : undefined;
  }

  /** Drops what is forgotten or too much. Ends are added in order of time, so the oldest come first. */
  prune(now: MonoMillis): void {
    for (const [lease, ended] of this.#ended.entries()) {
      if (now < ended.forgetAt && this.#ended.size <= this.#limits.endsRemembered) return;
      this.#ended.forget(lease);
    }
  }
}
