import type { ClientKey, IdempotencyKey, InstanceId, LeaseId } from "../base/ids.ts";
import { NO_RULES, type ShowHolders } from "../base/site-rules.ts";
import { after, type Millis, type MonoMillis, seconds } from "../base/time.ts";
import type { AcquireCommand } from "./command.ts";
import { Deadlines } from "./deadlines.ts";
import { DenialMemory } from "./denial-memory.ts";
import { EndedLeases } from "./ended-leases.ts";
import { Feature } from "./feature.ts";
import { HourTally } from "./hour-tally.ts";
import { Journal, JournaledMap, Slot } from "./journal.ts";
import { endOf, type Lease } from "./lease.ts";
import { Metering } from "./metering.ts";
import { NamedUsers } from "./named-users.ts";
import { Occupancy } from "./occupancy.ts";
import type { Refusal } from "./refusal.ts";
import { SeatTime } from "./seat-time.ts";
import type { SeatLimits, TokenGrant, Withholding } from "./terms.ts";

/** A request that waits for its turn. */
export interface Waiter {
  readonly asked: AcquireCommand;
  readonly since: MonoMillis;
  /** Its connection is gone: skipped, and dropped at this moment. Undefined while connected. */
  readonly awayUntil: MonoMillis | undefined;
  /** Grows with each request: who came first has the lower one. */
  readonly ticket: number;
  /** Higher ones are served first. */
  readonly priority: number;
  /** By how many requests of higher priority that came later. */
  readonly overtaken: number;
}

/** What stands under a request key: a lease or a place in the queue, never both. */
export type Request =
  | { readonly kind: "leased"; readonly lease: LeaseId }
  | { readonly kind: "waiting"; readonly waiter: Waiter };

/** While the wall clock is in `[from, until)`, no grant starts or ends, and none begins to be withheld. */
export interface Validity {
  readonly from: number;
  readonly until: number;
  /** `until` on the monotonic clock, if the wall clock does not jump; undefined for never. */
  readonly deadline: MonoMillis | undefined;
}

const SWEEP_INTERVAL: Millis = seconds(10);

/** All that the engine knows, in pieces that one journal restores. */
export class SeatState {
  readonly journal: Journal = new Journal();
  readonly limits: SeatLimits;
  readonly leases: JournaledMap<LeaseId, Lease>;
  readonly requests: JournaledMap<string, Request>;
  /** Request keys per client. An empty list stays until it is swept, see `sweepClients`. */
  readonly clients: JournaledMap<ClientKey, readonly string[]>;
  /** Until when waiters without a connection keep their place. */
  readonly absences: Deadlines<string> = new Deadlines();
  /** By name, so that what happens in several at once happens in a stable order. */
  readonly features: Slot<readonly Feature[]>;
  readonly licensed: Slot<boolean>;
  readonly seating: Slot<Occupancy>;
  /** Leases that do not fit any more since licenses or rules changed: they end at their next renewal. */
  readonly surplus: Slot<ReadonlyMap<LeaseId, Refusal>>;
  /** Tokens per pool, of the licenses valid now. */
  readonly tokens: Slot<ReadonlyMap<string, number>>;
  readonly tokenGrants: Slot<readonly TokenGrant[]>;
  /** Also those whose moment is to come. */
  readonly withheld: Slot<readonly Withholding[]>;
  readonly showHolders: Slot<ShowHolders>;
  /** Requests that have joined a queue or been granted so far. */
  readonly tickets: Slot<number>;
  readonly validity: Slot<Validity | undefined>;
  readonly seatTime: SeatTime;
  readonly ended: EndedLeases;
  readonly denials: DenialMemory;
  readonly metering: Metering;
  readonly naming: NamedUsers;
  readonly hours: HourTally;
  readonly #featureNamed: JournaledMap<string, Feature>;
  #sweepAt: MonoMillis | undefined;

  constructor(limits: SeatLimits) {
    const { journal } = this;
    this.limits = limits;
    this.leases = new JournaledMap(journal, (id, lease, before) => {
      if (lease === undefined) this.#expiriesOf(before)?.delete(id);
      else this.#expiriesOf(lease)?.set(id, endOf(lease));
    });
    this.requests = new JournaledMap(journal, (key, request) => {
      const awayUntil = request?.kind === "waiting" ? request.waiter.awayUntil : undefined;
      if (awayUntil === undefined) this.absences.delete(key);
      else this.absences.set(key, awayUntil);
    });
    this.clients = new JournaledMap(journal);
    this.features = new Slot<readonly Feature[]>(journal, []);
    this.licensed = new Slot(journal, false);
    this.seating = new Slot(journal, Occupancy.journaled(journal));
    this.surplus = new Slot<ReadonlyMap<LeaseId, Refusal>>(journal, new Map());
    this.tokens = new Slot<ReadonlyMap<string, number>>(journal, new Map());
    this.tokenGrants = new Slot<readonly TokenGrant[]>(journal, []);
    this.withheld = new Slot<readonly Withholding[]>(journal, []);
    this.showHolders = new Slot(journal, NO_RULES.showHolders);
    this.tickets = new Slot(journal, 0);
    this.validity = new Slot<Validity | undefined>(journal, undefined);
    this.seatTime = new SeatTime(journal);
    this.ended = new EndedLeases(journal, limits);
    this.hours = new HourTally(
      journal,
      () => this.occupancy,
      (name) => this.feature(name),
    );
    this.denials = new DenialMemory(journal, limits, this.hours);
    this.metering = new Metering(journal, limits, this.denials);
    this.naming = new NamedUsers(journal);
    this.#featureNamed = new JournaledMap(journal);
  }

  get occupancy(): Occupancy {
    return this.seating.value;
  }

  readonly tokensIn = (pool: string): number => this.tokens.value.get(pool) ?? 0;

  feature(name: string): Feature | undefined {
    return this.#featureNamed.get(name);
  }

  /** The feature of that name, made if it is not there. It stays, as leases may outlive its licenses. */
  featureOrNew(name: string): Feature {
    const known = this.feature(name);
    if (known !== undefined) return known;
    const feature = new Feature(name, this.journal);
    this.#featureNamed.set(name, feature);
    this.features.set([...this.features.value, feature].toSorted(byName));
    return feature;
  }

  /** The lease that answers the request of that key. */
  leaseUnder(key: string): Lease | undefined {
    const request = this.requests.get(key);
    return request?.kind === "leased" ? this.leases.get(request.lease) : undefined;
  }

  waiter(key: string): Waiter | undefined {
    const request = this.requests.get(key);
    return request?.kind === "waiting" ? request.waiter : undefined;
  }

  /** Puts a lease or a waiter under its request key. */
  setRequest(client: ClientKey, key: string, request: Request): void {
    if (!this.requests.has(key)) {
      this.clients.set(client, [...(this.clients.get(client) ?? []), key]);
    }
    this.requests.set(key, request);
  }

  removeRequest(client: ClientKey, key: string): void {
    this.requests.delete(key);
    const left = (this.clients.get(client) ?? []).filter((other) => other !== key);
    this.clients.set(client, left);
  }

  /**
   * Drops clients that hold nothing; only with an empty journal. Not done at each release: V8
   * leaves a hole in the key's chain for every entry of a map that is deleted, so a client that
   * comes and goes would make its own look-ups slower and slower.
   */
  sweepClients(now: MonoMillis): void {
    if (this.#sweepAt !== undefined && now < this.#sweepAt) return;
    this.#sweepAt = after(now, SWEEP_INTERVAL);
    for (const [client, keys] of this.clients.entries()) {
      if (keys.length === 0) this.clients.forget(client);
    }
  }

  /** A feature is made before its first lease. */
  #expiriesOf(lease: Lease | undefined): Deadlines<LeaseId> | undefined {
    return lease === undefined ? undefined : this.feature(lease.feature)?.expiries;
  }
}

/** Keys and ids contain no space, so the joined text is unambiguous. */
export function requestKey(client: ClientKey, key: IdempotencyKey): string {
  return `${client} ${key}`;
}

/** Whether one instance acts for another of the same client: only the same one does. */
export function isSame(one: Holder, other: Holder): boolean {
  return one.client === other.client && one.instance === other.instance;
}

/** Whether a lease is the process's own, or borrowed by its installation: then any process has it. */
export function isTheirs(lease: Lease, by: Holder): boolean {
  return isSame(lease, by) || (lease.borrowed !== null && lease.client === by.client);
}

interface Holder {
  readonly client: ClientKey;
  readonly instance: InstanceId;
}

function byName(one: Feature, other: Feature): number {
  return one.name < other.name ? -1 : 1;
}
