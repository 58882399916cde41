// The lease engine said again, as simply as it can be said: who holds what, and who waits in which
// order. It shares no code with `src/seats`, only the words of its commands; what must hold stands
// in the comments that begin with LAW, here and in the files beside.
import type { Command } from "../../../src/seats/command.ts";
import { DEFAULT_SEAT_LIMITS, type SeatLimits, type SeatTerms } from "../../../src/seats/terms.ts";
import {
  addUp,
  countOvertaken,
  drop,
  dropTheHopeless,
  endLease,
  endOf,
  giveBack,
  hasGrantTurned,
  letTimePass,
  markOf,
  renewLease,
  serveAll,
  takeSeats,
  watchIdleness,
} from "./happenings.ts";
import { boundsBehind, poolOf } from "./license.ts";
import { aheadOf, keepsSeats, lineFor, priorityOf } from "./line.ts";
import {
  byAge,
  groupsOf,
  type Held,
  type Records,
  type Refused,
  type Waiting,
  wishOf,
} from "./records.ts";
import { namedFor, reservedForEver, whyNever } from "./room.ts";
import type { Party } from "./steps.ts";

type Asked<Kind extends Command["kind"]> = Extract<Command, { readonly kind: Kind }>;

/** What the model expects to be answered, as far as it has an opinion. */
export type Expected =
  | { readonly kind: "granted"; readonly lease: string }
  | { readonly kind: "queued"; readonly position: number }
  | {
      readonly kind: "denied";
      readonly reason: string;
      readonly ruleId?: string;
      readonly position?: number;
      readonly holders?: readonly string[];
    }
  | { readonly kind: "renewed"; readonly kept: readonly string[]; readonly lost: readonly string[] }
  | { readonly kind: "done" };

const DONE: Expected = { kind: "done" };

export class Model {
  #records: Records;
  #issued = 0;
  readonly #limits: SeatLimits;

  constructor(terms: SeatTerms, limits: Partial<SeatLimits>, wall: number, mono: number) {
    this.#limits = { ...DEFAULT_SEAT_LIMITS, ...limits };
    const nothing = { leases: [], queue: [], ended: [], surplus: [], named: [], unnamings: [] };
    const counters = { nextTicket: 0, nextPlace: 0, behind: [], told: [] };
    this.#records = { terms, wall, mono, ...nothing, ...counters };
    this.#records.behind = boundsBehind(this.#records);
  }

  /** Another lease id, for who may need one. */
  issue(): number {
    this.#issued += 1;
    return this.#issued;
  }

  /** Everybody who has something to lose: leases first. */
  get parties(): readonly Party[] {
    const { leases, queue } = this.#records;
    const waiting = queue.map(({ asked: { by, key } }) => ({ ...by, key, id: undefined }));
    return [...leases, ...waiting];
  }

  /** Who holds what, by id. */
  get leases(): readonly object[] {
    return this.#records.leases
      .map(({ id, instance, groups, expiresAt, idleAt, hasSeats, overdraft, lingersUntil }) => ({
        ...{ id, instance, groups, overdraft, expiresAt, idleAt, hasSeats },
        lingers: lingersUntil !== null,
      }))
      .toSorted((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** Who waits, feature by feature, in order. */
  get queue(): readonly object[] {
    return [...new Set(this.#records.queue.map(({ asked }) => asked.feature))]
      .toSorted()
      .flatMap((feature) =>
        this.#line(feature).map(({ asked, overtaken, awayUntil }, index) => ({
          ...{ feature, client: asked.by.client, key: asked.key, overtaken },
          connected: awayUntil === undefined,
          position: index + 1,
        })),
      );
  }

  /** Seats in use by feature. */
  get used(): Readonly<Record<string, number>> {
    const used: Record<string, number> = {};
    for (const { feature, count, hasSeats } of this.#records.leases) {
      if (hasSeats) used[feature] = (used[feature] ?? 0) + count;
    }
    return used;
  }

  /** What others than the caller must have heard of the last command, in any order. */
  get told(): readonly string[] {
    return this.#records.told.toSorted();
  }

  /** LAW: what could not be written did not happen. */
  inVain(command: Command): Expected {
    const before = structuredClone(this.#records);
    const expected = this.obey(command);
    this.#records = before;
    return expected;
  }

  /** Time goes by on both clocks, or the wall clock is set. */
  pass(milliseconds: number, jump = 0): void {
    this.#records.mono += milliseconds;
    this.#records.wall += milliseconds + jump;
  }

  /**
   * LAW: a restart loses the queue, what was refused and how leases ended; every lease has its whole
   * lease time again, what lingers goes on lingering.
   */
  restart(): void {
    const { mono, wall, terms } = this.#records;
    for (const [index, lease] of this.#records.leases.entries()) {
      lease.asked = index;
      lease.began = mono - Math.max(0, wall - lease.grantedAt);
      lease.leaseTime = Math.max(
        lease.leaseTime,
        terms.pools.find(({ name }) => name === lease.feature)?.leaseTime ?? 0,
      );
      lease.activeAt = mono;
      lease.idleAt = null;
      const day = 86_400_000;
      const rest = (lease.lingersUntil ?? 0) - wall;
      const most = Math.max(lease.leaseTime, day);
      lease.expiresAt =
        mono + (lease.lingersUntil === null ? lease.leaseTime : Math.min(rest, most));
    }
    this.#records.nextPlace = this.#records.leases.length;
    this.#records.queue = [];
    this.#records.ended = [];
    addUp(this.#records);
  }

  obey(command: Command): Expected {
    this.#records.told = [];
    if (!this.#changesMemoryAlone(command)) {
      letTimePass(this.#records, this.#limits);
      if (command.kind !== "terms") serveAll(this.#records, this.#limits);
    }
    const expected = this.#answer(command);
    serveAll(this.#records, this.#limits);
    return expected;
  }

  /**
   * LAW: what only lets leases go on has nothing to write, so it waits for nothing that has: what
   * else is due happens with the next command.
   */
  #changesMemoryAlone(command: Command): boolean {
    if (command.kind !== "renew" && command.kind !== "resume" && command.kind !== "activity")
      return false;
    if (hasGrantTurned(this.#records)) return false;
    return command.leases.every((id) => {
      const lease = this.#records.leases.find((one) => one.id === id);
      if (lease === undefined) return true;
      if (!isSame(lease, command.by)) return command.kind !== "resume";
      if (endOf(lease) <= this.#records.mono) return false;
      if (command.kind === "activity") return true;
      const groups = groupsOf(command.by.standing.groups);
      return (
        groups.toString() === lease.groups.toString() &&
        markOf(this.#records, lease) === undefined &&
        whyNever(this.#records, lease, command.by.standing.bound) === undefined
      );
    });
  }

  #answer(command: Command): Expected {
    switch (command.kind) {
      case "acquire":
        return this.#acquire(command);
      case "renew":
        return this.#goOn(command, (lease) => isSame(lease, command.by));
      case "resume":
        return this.#goOn(command, (lease) => {
          // LAW: another process of the client picks a lease up only when its own is gone.
          const isFree = !command.liveInstances.has(lease.instance);
          return isSame(lease, command.by) || (lease.client === command.by.client && isFree);
        });
      case "release":
        return this.#release(command);
      case "activity":
        return this.#beActive(command);
      case "cancel":
        return this.#cancel(command);
      case "disconnect":
        return this.#disconnect(command);
      case "reconnect":
        return this.#reconnect(command);
      case "revoke":
        return this.#revoke(command);
      case "terms":
        this.#records.terms = command;
        addUp(this.#records);
        return DONE;
      case "name-user":
      case "unname-user":
        return this.#editNames(command);
      case "record":
      case "tick":
        return DONE;
    }
  }

  #acquire(command: Asked<"acquire">): Expected {
    const records = this.#records;
    const isRequest = ({ client, key }: { client: string; key: string }): boolean =>
      client === command.by.client && key === command.key;
    const waiting = records.queue.find(({ asked }) => isRequest({ ...asked.by, key: asked.key }));
    if (waiting !== undefined) return this.#waitOn(command, waiting);
    const known = records.leases.find((one) => isRequest(one) && one.lingersUntil === null);
    if (known !== undefined) return this.#acquireAgain(command, known);
    const never = whyNever(records, wishOf(command), command.by.standing.bound);
    if (never !== undefined) return this.#denied(command, never);
    // LAW: one client has a limited number of leases and places.
    const holdings = [
      ...records.leases.filter(({ lingersUntil }) => lingersUntil === null),
      ...records.queue.map(({ asked }) => asked.by),
    ].filter(({ client }) => client === command.by.client);
    if (holdings.length >= this.#limits.leasesPerClient) {
      return this.#denied(command, { reason: "OVER_MAX" });
    }
    return this.#grantOrQueue(command);
  }

  #grantOrQueue(command: Asked<"acquire">): Expected {
    const records = this.#records;
    const { overtakings, queueLength } = this.#limits;
    const wish = wishOf(command);
    const rank = {
      ticket: records.nextTicket,
      priority: priorityOf(records, wish),
      isDue: false,
    };
    const ahead = aheadOf(records, command.feature, rank, overtakings)
      .filter((waiting) => keepsSeats(records, waiting, records.leases))
      .map(({ asked }) => wishOf(asked));
    const taken = takeSeats(records, command, ahead, records.nextPlace, this.#limits);
    if (!("reason" in taken)) {
      records.nextTicket += 1;
      records.nextPlace += 1;
      if (!taken.isOwn) countOvertaken(records, command.feature, rank, this.#limits);
      return { kind: "granted", lease: taken.id };
    }
    // LAW: waiting is for seats that can come free, in a queue that is not full.
    if (taken.reason === "OVER_MAX") return this.#denied(command, taken);
    const forEver = reservedForEver(records, wish);
    if (forEver) return this.#denied(command, forEver);
    if (!command.wait) return this.#denied(command, taken);
    const own = records.queue.filter(({ asked }) => asked.feature === command.feature);
    if (own.length >= queueLength) return this.#denied(command, { reason: "QUEUE_FULL" });
    const place = records.nextPlace;
    records.queue.push({
      asked: command,
      place,
      ticket: rank.ticket,
      overtaken: 0,
      awayUntil: undefined,
    });
    records.nextTicket += 1;
    records.nextPlace += 1;
    return { kind: "queued", position: this.#position(command) };
  }

  /** LAW: the same request again is the same lease again, and lasts a whole lease time from now. */
  #acquireAgain({ by, liveInstances }: Asked<"acquire">, lease: Held): Expected {
    // LAW: the next process of the same client has it, once the one that was granted it is gone.
    const isGone = liveInstances !== undefined && !liveInstances.has(lease.instance);
    if (!isSame(lease, by) && !isGone) return { kind: "denied", reason: "NOT_YOUR_LEASE" };
    const renewed = renewLease(this.#records, lease, by, this.#limits);
    return "reason" in renewed
      ? { kind: "denied", ...wordsOf(renewed) }
      : { kind: "granted", lease: lease.id };
  }

  /** LAW: who asks again keeps the place, and is judged by the rules and groups of now. */
  #waitOn({ by }: Asked<"acquire">, waiting: Waiting): Expected {
    const records = this.#records;
    if (waiting.awayUntil === undefined && !isSame(waiting.asked.by, by)) {
      return { kind: "denied", reason: "NOT_YOUR_LEASE" };
    }
    waiting.asked = { ...waiting.asked, by };
    waiting.awayUntil = undefined;
    const wish = wishOf(waiting.asked);
    const never = whyNever(records, wish, by.standing.bound) ?? reservedForEver(records, wish);
    if (never !== undefined) {
      records.queue = records.queue.filter((one) => one !== waiting);
      return { kind: "denied", ...wordsOf(never) };
    }
    serveAll(records, this.#limits);
    if (records.queue.includes(waiting)) {
      return { kind: "queued", position: this.#position(waiting.asked) };
    }
    records.told = records.told.filter((told) => told !== `granted ${waiting.asked.newLease}`);
    return { kind: "granted", lease: waiting.asked.newLease };
  }

  /** LAW: a denial tells the place there is or would be, and who is in the way where the site lets it. */
  #denied(command: Asked<"acquire">, refused: Refused): Expected {
    const records = this.#records;
    const { showHolders, max } = records.terms.rules;
    const rule = max.find(({ ruleId }) => ruleId === refused.ruleId);
    const isGroup = refused.reason === "OVER_MAX" && rule?.per === "group";
    const mayTell = isGroup || ["NO_SEATS", "QUEUE_FULL"].includes(refused.reason);
    const users = records.leases
      .filter(({ feature }) => feature === command.feature)
      .filter(({ groups }) => !isGroup || (rule.who ?? groups).some((one) => groups.includes(one)))
      .toSorted(byAge)
      .map(({ user }) => user);
    const holders = mayTell && showHolders !== "none" ? [...new Set(users)].slice(0, 8) : [];
    const mayPass =
      !refused.isLasting &&
      ["NO_SEATS", "QUEUE_FULL", "RESERVED_FOR_OTHERS"].includes(refused.reason);
    return {
      kind: "denied",
      ...wordsOf(refused),
      ...(mayPass ? { position: this.#position(command) } : {}),
      ...(holders.length > 0 ? { holders } : {}),
    };
  }

  /** LAW: the place is counted from 1, among those who wait for the same feature. */
  #position(command: Asked<"acquire">): number {
    const records = this.#records;
    const { overtakings } = this.#limits;
    const own = this.#line(command.feature);
    const at = own.findIndex(
      ({ asked }) => asked.by.client === command.by.client && asked.key === command.key,
    );
    if (at !== -1) return at + 1;
    const priority = priorityOf(records, wishOf(command));
    const rank = { ticket: records.nextTicket, priority, isDue: false };
    const ahead = aheadOf(records, command.feature, rank, overtakings);
    return ahead.filter(({ asked }) => asked.feature === command.feature).length + 1;
  }

  /** Those who wait for the feature, in the order of service. */
  #line(feature: string): readonly Waiting[] {
    return lineFor(this.#records, feature, this.#limits.overtakings).filter(
      ({ asked }) => asked.feature === feature,
    );
  }

  #goOn({ by, leases }: Asked<"renew"> | Asked<"resume">, may: (lease: Held) => boolean): Expected {
    const kept: string[] = [];
    const lost: string[] = [];
    for (const id of leases) {
      const lease = this.#inUse(id);
      if (lease === undefined) lost.push(`${id} ${this.#whyGone(by.client, id)}`);
      else if (!may(lease)) lost.push(`${id} NOT_YOUR_LEASE`);
      else {
        const renewed = renewLease(this.#records, lease, by, this.#limits);
        if ("reason" in renewed) lost.push(`${id} ${renewed.reason}`);
        else kept.push(id);
      }
    }
    return { kind: "renewed", kept, lost };
  }

  #inUse(id: string): Held | undefined {
    return this.#records.leases.find((one) => one.id === id && one.lingersUntil === null);
  }

  /** LAW: who comes too late learns how the lease ended; others learn nothing of it. */
  #whyGone(client: string, id: string): string {
    const by = this.#endOf(client, id);
    return by === undefined || by === "holder" ? "LEASE_UNKNOWN" : by;
  }

  #endOf(client: string, id: string): string | undefined {
    const { ended, mono } = this.#records;
    return ended.find((one) => one.id === id && one.client === client && mono < one.forgetAt)?.by;
  }

  #release({ by, lease: id }: Asked<"release">): Expected {
    const lease = this.#inUse(id);
    if (lease === undefined) {
      const end = this.#endOf(by.client, id);
      return end === "holder" ? DONE : { kind: "denied", reason: end ?? "LEASE_UNKNOWN" };
    }
    if (!isSame(lease, by)) return { kind: "denied", reason: "NOT_YOUR_LEASE" };
    giveBack(this.#records, lease, this.#limits);
    return DONE;
  }

  #beActive({ by, leases }: Asked<"activity">): Expected {
    for (const id of leases) {
      const lease = this.#inUse(id);
      if (lease === undefined || !isSame(lease, by)) continue;
      lease.activeAt = this.#records.mono;
      watchIdleness(this.#records, lease);
    }
    return DONE;
  }

  /** LAW: a request that is withdrawn leaves the queue; a seat that it just got is free at once. */
  #cancel({ by, key }: Asked<"cancel">): Expected {
    const records = this.#records;
    records.queue = records.queue.filter(
      ({ asked }) => !(asked.key === key && isSame(asked.by, by)),
    );
    const lease = records.leases.find(
      (one) => one.key === key && isSame(one, by) && one.lingersUntil === null,
    );
    if (lease !== undefined) endLease(records, lease, "holder", this.#limits);
    return DONE;
  }

  /** LAW: leases outlive a connection unless the license says otherwise; places, for a while. */
  #disconnect({ by }: Asked<"disconnect">): Expected {
    const records = this.#records;
    for (const waiting of records.queue) {
      if (!isSame(waiting.asked.by, by)) continue;
      waiting.awayUntil ??= records.mono + this.#limits.resumeWindow;
    }
    const own = records.leases.filter((one) => isSame(one, by) && one.lingersUntil === null);
    for (const lease of own.toSorted((one, other) => one.asked - other.asked)) {
      if (poolOf(records, lease.feature)?.releaseOnDisconnect === true) {
        giveBack(records, lease, this.#limits);
      }
    }
    return DONE;
  }

  #reconnect({ by }: Asked<"reconnect">): Expected {
    for (const waiting of this.#records.queue.filter(({ asked }) => isSame(asked.by, by))) {
      waiting.asked = { ...waiting.asked, by };
      waiting.awayUntil = undefined;
      const wish = wishOf(waiting.asked);
      const never = whyNever(this.#records, wish, by.standing.bound);
      const refused = never ?? reservedForEver(this.#records, wish);
      if (refused !== undefined) drop(this.#records, waiting, refused);
    }
    return DONE;
  }

  #revoke({ lease: id }: Asked<"revoke">): Expected {
    const lease = this.#records.leases.find((one) => one.id === id);
    if (lease === undefined) return { kind: "denied", reason: "LEASE_UNKNOWN" };
    endLease(this.#records, lease, "LEASE_REVOKED", this.#limits);
    if (lease.lingersUntil === null) this.#records.told.push(`revoked ${id}`);
    return DONE;
  }

  /** LAW: the site edits its list as long as the license allows: so many names, so many changes a month. */
  #editNames({ kind, feature, user }: Asked<"name-user" | "unname-user">): Expected {
    const records = this.#records;
    const terms = poolOf(records, feature)?.namedUsers;
    if (!terms) return { kind: "denied", reason: "NOT_LICENSED_FEATURE" };
    const list = namedFor(records, feature, Infinity);
    const isThere = list.includes(user);
    if (isThere === (kind === "name-user")) return DONE;
    if (kind === "name-user") {
      if (list.length >= terms.max) return { kind: "denied", reason: "OVER_MAX" };
      records.named.push({ feature, user, since: records.wall });
      return DONE;
    }
    const month = new Date(records.wall).toISOString().slice(0, 7);
    const changes = records.unnamings.filter(
      (one) => one.feature === feature && one.month === month,
    );
    if (changes.length >= terms.changesPerMonth)
      return { kind: "denied", reason: "QUOTA_EXHAUSTED" };
    records.unnamings.push({ feature, month });
    records.named = records.named.filter((one) => one.feature !== feature || one.user !== user);
    dropTheHopeless(records);
    return DONE;
  }
}

interface Process {
  readonly client: string;
  readonly instance: string;
}

/** LAW: a lease belongs to one process of one installation. */
function isSame(one: Process, other: Process): boolean {
  return one.client === other.client && one.instance === other.instance;
}

function wordsOf({ reason, ruleId }: Refused): {
  readonly reason: string;
  readonly ruleId?: string;
} {
  return ruleId === undefined ? { reason } : { reason, ruleId };
}
