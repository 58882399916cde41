import type { LeaseId } from "../base/ids.ts";
import type { ReserveRule } from "../base/site-rules.ts";
import type { SeatClass } from "./capacity.ts";
import type { Claim } from "./claim.ts";
import type { Feature } from "./feature.ts";
import { means } from "./feature-rules.ts";
import { type Journal, JournaledMap } from "./journal.ts";
import type { Lease } from "./lease.ts";

/** Where counts are kept: in a plain map for a trial, in a journaled one for the truth. */
interface Cells<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void | boolean;
}

/** Whose seats a count is about. */
export type Subject = "user" | "host" | "group" | "reserve" | "borrow" | "linger";

/**
 * Who has which seats, in the counts that decisions need: seats per feature and class, per user,
 * host, group and reservation, tokens per pool, and the leases of one holder. A lease that shares
 * the seats of another adds to no count.
 */
export class Occupancy {
  readonly #counts: Cells<number>;
  readonly #classes: Cells<ReadonlyMap<SeatClass, number>>;
  readonly #mates: Cells<readonly LeaseId[]>;

  private constructor(cells: <Value extends number | object>() => Cells<Value>) {
    this.#counts = cells();
    this.#classes = cells();
    this.#mates = cells();
  }

  /** For the truth: `journal` can take back what is done to it. */
  static journaled(journal: Journal): Occupancy {
    return new Occupancy(
      <Value extends number | object>() => new JournaledMap<string, Value>(journal),
    );
  }

  /** For a trial that is thrown away. */
  static trial(): Occupancy {
    return new Occupancy(<Value extends number | object>() => new Map<string, Value>());
  }

  put(feature: Feature, lease: Lease): void {
    if (hasMates(feature, lease)) {
      const key = mateKey(feature, lease);
      this.#mates.set(key, [...(this.#mates.get(key) ?? []), lease.id]);
    }
    if (lease.seatSince !== null) this.#count(feature, lease, lease.count);
    if (lease.borrowed !== null) this.#countBorrowed(feature, lease, lease.count);
    if (lease.lingersUntil !== null) this.#add(countKey(feature, "linger", ""), lease.count);
  }

  take(feature: Feature, lease: Lease): void {
    if (hasMates(feature, lease)) this.#removeMate(mateKey(feature, lease), lease);
    if (lease.seatSince !== null) this.#count(feature, lease, -lease.count);
    if (lease.borrowed !== null) this.#countBorrowed(feature, lease, -lease.count);
    if (lease.lingersUntil !== null) this.#add(countKey(feature, "linger", ""), -lease.count);
  }

  /**
   * Leases of the same holder that could share seats with the claim; where sharing is not allowed,
   * only those that linger.
   */
  mates(feature: Feature, claim: Mate): readonly LeaseId[] {
    return this.#mates.get(mateKey(feature, claim)) ?? [];
  }

  /** Seats in use by class. */
  classes(feature: Feature): ReadonlyMap<SeatClass, number> {
    return this.#classes.get(feature.name) ?? NONE;
  }

  seats(feature: Feature): number {
    let sum = 0;
    for (const seats of this.classes(feature).values()) sum += seats;
    return sum;
  }

  /**
   * Seats of one user, host or group that a `max` rule counts, of those for whom a rule reserves, or
   * borrowed ones of those whom a `borrow` rule means.
   */
  held(feature: Feature, subject: Subject, name: string): number {
    return this.#counts.get(countKey(feature, subject, name)) ?? 0;
  }

  /** Seats off the network, also those that share the seats of another lease. */
  borrowed(feature: Feature): number {
    return this.#counts.get(countKey(feature, "borrow", "")) ?? 0;
  }

  /** Seats of a reservation that its groups do not use at present. */
  unfilled(feature: Feature, { ruleId, seats }: ReserveRule): number {
    return Math.max(0, seats - this.held(feature, "reserve", ruleId));
  }

  tokens(pool: string): number {
    return this.#counts.get(poolKey(pool)) ?? 0;
  }

  /** Holders are counted only where a rule asks for them: rules that change bring a new count. */
  #count(feature: Feature, lease: Lease, seats: number): void {
    this.#addClass(feature, feature.classFor(lease), seats);
    const { max, reserve } = feature.rules.value;
    if (max.length > 0) {
      this.#add(countKey(feature, "user", lease.user), seats);
      this.#add(countKey(feature, "host", lease.host), seats);
      for (const group of lease.groups) this.#add(countKey(feature, "group", group), seats);
    }
    for (const { ruleId, for: groups } of reserve) {
      if (means(groups, lease.groups)) this.#add(countKey(feature, "reserve", ruleId), seats);
    }
    const tokens = feature.pool.value?.tokens;
    if (tokens) this.#add(poolKey(tokens.pool), seats * tokens.cost);
  }

  /** Seats that were released and stay with their holders. */
  lingering(feature: Feature): number {
    return this.#counts.get(countKey(feature, "linger", "")) ?? 0;
  }

  /** No rule has an empty id, so that count is the feature's. */
  #countBorrowed(feature: Feature, lease: Lease, seats: number): void {
    this.#add(countKey(feature, "borrow", ""), seats);
    for (const { ruleId, who } of feature.rules.value.borrow) {
      if (means(who, lease.groups)) this.#add(countKey(feature, "borrow", ruleId), seats);
    }
  }

  #removeMate(key: string, lease: Lease): void {
    const left = (this.#mates.get(key) ?? []).filter((id) => id !== lease.id);
    if (left.length > 0) this.#mates.set(key, left);
    else this.#mates.delete(key);
  }

  #add(key: string, amount: number): void {
    const sum = (this.#counts.get(key) ?? 0) + amount;
    if (sum === 0) this.#counts.delete(key);
    else this.#counts.set(key, sum);
  }

  #addClass(feature: Feature, seatClass: SeatClass, seats: number): void {
    const classes = new Map(this.classes(feature));
    const sum = (classes.get(seatClass) ?? 0) + seats;
    if (sum === 0) classes.delete(seatClass);
    else classes.set(seatClass, sum);
    this.#classes.set(feature.name, classes);
  }
}

const NONE: ReadonlyMap<SeatClass, number> = new Map();

/** Whether anybody may ever have to do with its seats: who shares them, or who left them behind. */
function hasMates({ share }: Feature, { lingersUntil }: Lease): boolean {
  return share !== "none" || lingersUntil !== null;
}

type Mate = Pick<
  Claim,
  "client" | "user" | "host" | "display" | "count" | "version" | "versionDate"
>;

/**
 * Leases under one key are of one holder, of as many seats, and of versions that the same licenses
 * serve. Without sharing the installation is the holder: its seats may linger for it.
 */
function mateKey(feature: Feature, mate: Mate): string {
  return `${feature.name} ${holderOf(feature, mate)} ${mate.count} ${feature.classFor(mate)}`;
}

function holderOf(feature: Feature, { client, user, host, display }: Mate): string {
  switch (feature.share) {
    case "none":
      return `${client} ${user}`;
    case "user":
      return user;
    case "host":
      return host;
    case "user+host":
      return `${user} ${host}`;
    case "display":
      // Without a display of its own, the host's screen is it.
      return display ?? host;
  }
}

const countKey = (feature: Feature, subject: Subject, name: string): string =>
  `${feature.name} ${subject} ${name}`;

/** No feature has an empty name, so it is no feature's count. */
const poolKey = (pool: string): string => ` ${pool}`;
