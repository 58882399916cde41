// What must hold of every single decision, judged from outside: from what was visible before and
// after it, never from the engine's own counting.
import { expect } from "vitest";
import type { Moment } from "../../../src/base/time.ts";
import { matchesWildcard } from "../../../src/base/wildcard.ts";
import type { Command } from "../../../src/seats/command.ts";
import type { Decision } from "../../../src/seats/decision.ts";
import type { Lease, StoredLease } from "../../../src/seats/lease.ts";
import type { SeatTerms } from "../../../src/seats/terms.ts";
import type { SeatView } from "../../../src/seats/view.ts";

/** One decision and the moments around it. */
export interface Seen {
  readonly command: Command;
  readonly decision: Decision;
  readonly now: Moment;
  readonly terms: SeatTerms;
  readonly before: SeatView;
  readonly after: SeatView;
}

/** Two accounts of one thing agree in everything. */
export function expectSame(one: unknown, other: unknown): void {
  expect(one).toEqual(other);
}

/** A record of usage is counted once: its key may come again only after it was forgotten. */
export function expectForgotten(counted: number | undefined, forgottenBefore: number): void {
  expect(counted ?? -1).toBeLessThan(forgottenBefore);
}

/** Only a higher priority goes first. */
export function expectAbove(priority: number, other: number): void {
  expect(priority).toBeGreaterThan(other);
}

/** A quota that denies is never exceeded, nor is the number of overtakings. */
export function expectWithin(count: number, limit: number): void {
  expect(count).toBeLessThanOrEqual(limit);
}

/**
 * Never more live leases than seats plus overdraft, of any version: where a seat was granted, the
 * leases of that version or a newer one fit into the seats that serve it.
 */
export function expectNotOversold({ decision, now, terms, after }: Seen): void {
  for (const granted of grantedIn(decision)) {
    if (granted.seatSince === null) continue;
    const rivals = after.leases.filter(
      (lease) => lease.feature === granted.feature && lease.seatSince !== null,
    );
    for (const version of new Set([0, ...rivals.map((lease) => Number(lease.version))])) {
      if (version > Number(granted.version)) continue;
      const taken = rivals.filter((lease) => Number(lease.version) >= version);
      const seats = seatsFor(terms, granted.feature, version, now);
      expect(sumOf(taken.map(({ count }) => count))).toBeLessThanOrEqual(seats);
    }
  }
}

/** No more tokens are spent than the licenses have, once somebody got some. */
export function expectTokens({ decision, terms, after }: Seen): void {
  for (const granted of grantedIn(decision)) {
    const pool = terms.pools.find(({ name }) => name === granted.feature)?.tokens?.pool;
    if (pool === undefined || granted.seatSince === null) continue;
    const spent = after.leases.map(({ feature, count, seatSince }) => {
      const tokens = terms.pools.find(({ name }) => name === feature)?.tokens;
      return tokens?.pool === pool && seatSince !== null ? count * tokens.cost : 0;
    });
    const tokens = terms.tokens.filter(({ name }) => name === pool).map((one) => one.tokens);
    expect(sumOf(spent)).toBeLessThanOrEqual(sumOf(tokens));
  }
}

/** A lease without seats of its own shares those of the same user or host, as the license says. */
export function expectSharing({ terms, after }: Seen): void {
  for (const rider of after.leases) {
    if (rider.seatSince !== null) continue;
    const share = terms.pools.find(({ name }) => name === rider.feature)?.share ?? "none";
    expect(share).not.toBe("none");
    const payers = after.leases.filter(
      ({ feature, seatSince, lingersUntil, count, user, host }) =>
        feature === rider.feature &&
        seatSince !== null &&
        lingersUntil === null &&
        count === rider.count &&
        (share === "user" ? user === rider.user : host === rider.host),
    );
    expect(payers).not.toEqual([]);
  }
}

/** Who is excluded, not named or at the maximum gets no seat; what is reserved is left for its group. */
export function expectRules({ command, decision, terms, after, now }: Seen): void {
  const { exclude, max, reserve } = terms.rules;
  for (const granted of grantedIn(decision)) {
    const { feature, groups, seatSince, user } = granted;
    const fits = (rule: { readonly feature: string }): boolean =>
      matchesWildcard(rule.feature, feature);
    const isIn = (who: readonly string[]): boolean => who.some((group) => groups.includes(group));
    expect(exclude.filter((rule) => fits(rule) && isIn(rule.who))).toEqual([]);
    const list = after.named.find((one) => one.feature === feature);
    // Who is served first and taken off the list then, in one decision, was on it.
    const isTakenOff = command.kind === "unname-user" && command.user === user;
    if (list !== undefined && !isTakenOff) {
      const named = list.users.slice(0, list.max).map((one) => one.user);
      expect(named).toContain(user);
    }
    if (seatSince === null) continue;
    const taken = after.leases.filter((one) => one.feature === feature && one.seatSince !== null);
    for (const rule of max.filter((one) => fits(one) && isIn(one.who ?? groups))) {
      const own = taken.filter((one) => one.user === user);
      expect(sumOf(own.map(({ count }) => count))).toBeLessThanOrEqual(rule.seats);
    }
    for (const rule of reserve.filter((one) => fits(one) && !isIn(one.for))) {
      const theirs = taken.filter((one) => one.groups.some((group) => rule.for.includes(group)));
      const kept = Math.max(0, rule.seats - sumOf(theirs.map(({ count }) => count)));
      const used = sumOf(taken.map(({ count }) => count));
      expect(used + kept).toBeLessThanOrEqual(seatsFor(terms, feature, 0, now));
    }
  }
}

/** The line is in its order: those overtaken too often, then by priority. */
export function expectQueueInOrder({ after }: Seen, overtakings: number): void {
  for (const feature of new Set(after.queue.map((waiter) => waiter.feature))) {
    const ranks = after.queue
      .filter((waiter) => waiter.feature === feature)
      .map(({ overtaken, priority }) => (overtaken >= overtakings ? Infinity : priority));
    expect(ranks).toEqual(ranks.toSorted((one, other) => other - one));
  }
}

/** Nobody's lease is touched by another: it stays as it is, or its time has come. */
export function expectOthersUntouched({ command, decision, now, before, after }: Seen): void {
  for (const lease of before.leases) {
    if (isFor(command, lease)) continue;
    const left = after.leases.find(({ id }) => id === lease.id);
    if (left !== undefined) expect(lastingPart(left)).toEqual(lastingPart(lease));
    else if (lease.lingersUntil === null) expectDue(lease, decision, now);
    else expectTakenBack(lease, decision, now);
  }
}

/** Another lease's end may give it seats, and rules may watch it from now on. */
function lastingPart(lease: Lease): Lease {
  const untold = { seatSince: null, seatFrom: null, activeAt: lease.startedAt, idleAt: null };
  return { ...lease, ...untold, overdraft: false };
}

function expectDue(lease: Lease, { events }: Decision, now: Moment): void {
  const { idleAt, expiresAt, id } = lease;
  const isIdle = idleAt !== null && idleAt < expiresAt;
  const reason = isIdle ? "revoked" : "expired";
  expect(events).toContainEqual(expect.objectContaining({ type: "end", lease: id, reason }));
  expect(isIdle ? idleAt : expiresAt).toBeLessThanOrEqual(now.mono);
}

/** Seats that linger go to their holder, or come back when their time is over. */
function expectTakenBack(lease: Lease, decision: Decision, now: Moment): void {
  const end = { type: "end", lease: lease.id, reason: "released" };
  expect(decision.events).toContainEqual(expect.objectContaining(end));
  if (lease.expiresAt <= now.mono) return;
  const heirs = grantedIn(decision).filter(
    ({ feature, user, host }) =>
      feature === lease.feature && (user === lease.user || host === lease.host),
  );
  expect(heirs).not.toEqual([]);
}

/**
 * No lease outlives its time, and none is there that the store does not have. Only what changes
 * memory alone may leave the end of leases that it does not touch to the next command.
 */
export function expectStored(
  { command, decision, now, after }: Seen,
  stored: ReadonlyMap<string, StoredLease>,
): void {
  const { answer } = decision;
  const isRenewal = ["renew", "resume", "activity"].includes(command.kind);
  const renewed = answer.kind === "renewed" ? answer.leases : [];
  const alive = isRenewal ? renewed : after.leases;
  expect(alive.filter(({ expiresAt }) => expiresAt <= now.mono)).toEqual([]);
  expect(after.leases.map(({ id }) => id).toSorted()).toEqual([...stored.keys()].toSorted());
}

/** Whether the command may touch the lease: its holder's, the administrator's, a lawful takeover. */
function isFor(command: Command, lease: Lease): boolean {
  if (command.kind === "revoke" || command.kind === "give-up") return command.lease === lease.id;
  if (!("by" in command) || command.by.client !== lease.client) return false;
  if (command.by.instance === lease.instance || lease.borrowed !== null) return true;
  return command.kind === "resume" && !command.liveInstances.has(lease.instance);
}

/**
 * What is off the network comes back by its workstation, by the vendor, or in its own time, and by
 * nothing else; and no more goes off the network, for no longer, than the licenses allow.
 */
export function expectLent({ command, decision, now, terms, before, after }: Seen): void {
  for (const lease of before.leases) {
    if (lease.borrowed === null || after.leases.some(({ id }) => id === lease.id)) continue;
    const end = decision.events.find((event) => event.type === "end" && event.lease === lease.id);
    const isAsked = (kind: string): boolean =>
      command.kind === kind && "lease" in command && command.lease === lease.id;
    if (lease.expiresAt <= now.mono) expect(end).toMatchObject({ reason: "expired" });
    else if (isAsked("return")) expect(end).toMatchObject({ reason: "returned" });
    else expect([isAsked("give-up"), end]).toMatchObject([true, { reason: "vendor-released" }]);
  }
  for (const event of decision.events) {
    if (event.type !== "borrow") continue;
    const grants = terms.pools.find(({ name }) => name === event.feature)?.grants ?? [];
    const out = after.leases.filter(
      ({ feature, borrowed }) => feature === event.feature && borrowed !== null,
    );
    expect(sumOf(out.map(({ count }) => count))).toBeLessThanOrEqual(
      sumOf(grants.map(({ borrow }) => borrow?.seats ?? 0)),
    );
    const longest = Math.max(...grants.map(({ borrow }) => borrow?.span ?? 0));
    expect(event.until - now.wall).toBeLessThanOrEqual(longest);
  }
}

function grantedIn({ changes }: Decision): readonly StoredLease[] {
  return changes.flatMap((change) => (change.kind === "lease-granted" ? [change.lease] : []));
}

function seatsFor({ pools }: SeatTerms, feature: string, version: number, now: Moment): number {
  const grants = pools.find(({ name }) => name === feature)?.grants ?? [];
  const valid = grants.filter(
    ({ endsAt, versionMax }) =>
      (endsAt === null || now.wall < endsAt) &&
      (versionMax === null || version <= Number(versionMax)),
  );
  return sumOf(valid.map(({ seats, overdraftSeats }) => seats + overdraftSeats));
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, one) => sum + one, 0);
