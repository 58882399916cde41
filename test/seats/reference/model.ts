// The lease engine said again, as simply as it can be said: who holds what, and who waits in which
// order. It shares no code with `src/seats`, only the words of its commands; what must hold stands
// in the comments that begin with LAW, here and in the files beside.

import type { Command } from "../../../src/seats/command.ts";
import { DEFAULT_SEAT_LIMITS, type SeatLimits, type SeatTerms } from "../../../src/seats/terms.ts";
import { acquire, ownLine } from "./acquiring.ts";
import { addUp, hasGrantTurned, letTimePass, markOf } from "./adding-up.ts";
import { borrow, giveUp, returnBorrowed } from "./borrowing.ts";
import { comparable } from "./comparable.ts";
import {
  beActive,
  cancel,
  disconnect,
  editNames,
  goOn,
  mayUse,
  reconnect,
  release,
  revoke,
} from "./continuing.ts";
import { DONE, type Expected } from "./expected.ts";
import { endOf } from "./holding.ts";
import { boundsBehind } from "./license.ts";
import { groupsOf, type Held, type Records } from "./records.ts";
import { whyNever } from "./room.ts";
import { serveAll } from "./serving.ts";
import type { Party } from "./steps.ts";

export class Model {
  #records: Records;
  #issued = 0;

  constructor(terms: SeatTerms, limits: Partial<SeatLimits>, wall: number, mono: number) {
    const nothing = { leases: [], queue: [], ended: [], surplus: [], named: [], unnamings: [] };
    const counters = { nextTicket: 0, nextPlace: 0, behind: [], told: [] };
    this.#records = {
      limits: { ...DEFAULT_SEAT_LIMITS, ...limits },
      terms,
      wall,
      mono,
      ...nothing,
      ...counters,
    };
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
    const waiting = queue.map(({ asked: { by, feature, version, versionDate, count, key } }) => {
      const { client, instance } = by;
      return { client, instance, feature, version, versionDate, count, key, id: undefined };
    });
    return [...leases, ...waiting];
  }

  /** Who holds what, by id. */
  get leases(): readonly object[] {
    return comparable(this.#records.leases);
  }

  /** Who waits, feature by feature, in order. */
  get queue(): readonly object[] {
    return [...new Set(this.#records.queue.map(({ asked }) => asked.feature))]
      .toSorted()
      .flatMap((feature) =>
        ownLine(this.#records, feature).map(({ asked, overtaken, awayUntil }, index) => ({
          feature,
          client: asked.by.client,
          key: asked.key,
          overtaken,
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
      lease.expiresAt = mono + restOf(lease, wall);
    }
    this.#records.nextPlace = this.#records.leases.length;
    this.#records.queue = [];
    this.#records.ended = [];
    addUp(this.#records);
  }

  obey(command: Command): Expected {
    this.#records.told = [];
    if (!this.#changesMemoryAlone(command)) {
      letTimePass(this.#records);
      if (command.kind !== "terms") serveAll(this.#records);
    }
    const expected = this.#answer(command);
    serveAll(this.#records);
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
      if (!mayUse(lease, command.by)) return command.kind !== "resume";
      if (endOf(lease) <= this.#records.mono) return false;
      if (command.kind === "activity" || lease.borrowed !== null) return true;
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
        return acquire(this.#records, command);
      case "renew":
        return goOn(this.#records, command, (lease) => mayUse(lease, command.by));
      case "resume":
        return goOn(this.#records, command, (lease) => {
          // LAW: another process of the client picks a lease up only when its own is gone.
          const isFree = !command.liveInstances.has(lease.instance);
          return mayUse(lease, command.by) || (lease.client === command.by.client && isFree);
        });
      case "release":
        return release(this.#records, command);
      case "activity":
        return beActive(this.#records, command);
      case "cancel":
        return cancel(this.#records, command);
      case "disconnect":
        return disconnect(this.#records, command);
      case "reconnect":
        return reconnect(this.#records, command);
      case "revoke":
        return revoke(this.#records, command);
      case "terms":
        this.#records.terms = command;
        addUp(this.#records);
        return DONE;
      case "name-user":
      case "unname-user":
        return editNames(this.#records, command);
      case "record":
      case "tick":
        return DONE;
      case "borrow":
        return borrow(this.#records, command);
      case "return":
        return returnBorrowed(this.#records, command);
      case "give-up":
        return giveUp(this.#records, command);
    }
  }
}

/** LAW: however the clock was set meanwhile, no seat stays away for longer than was agreed. */
function restOf({ borrowed, lingersUntil, leaseTime }: Held, wall: number): number {
  const day = 86_400_000;
  if (lingersUntil !== null) return Math.min(lingersUntil - wall, Math.max(leaseTime, day));
  if (borrowed === null) return leaseTime;
  return Math.min(borrowed.until - wall, borrowed.until - borrowed.from);
}
