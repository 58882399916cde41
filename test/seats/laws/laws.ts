// What must hold of every single decision, judged from outside: from what was visible before and
// after it, never from the engine's own counting.
import { expect } from "vitest";
import type { Moment } from "../../../src/base/time.ts";
import type { Command } from "../../../src/seats/command.ts";
import type { Decision } from "../../../src/seats/decision.ts";
import type { Lease, StoredLease } from "../../../src/seats/lease.ts";
import type { SeatTerms } from "../../../src/seats/terms.ts";
import type { SeatView, WaiterView } from "../../../src/seats/view.ts";

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

/** A quota that denies is never exceeded. */
export function expectWithin(used: number, quota: number): void {
  expect(used).toBeLessThanOrEqual(quota);
}

/**
 * Never more live leases than seats plus overdraft, of any version: where a seat was granted, the
 * leases of that version or a newer one fit into the seats that serve it.
 */
export function expectNotOversold({ decision, now, terms, after }: Seen): void {
  for (const granted of grantedIn(decision)) {
    const rivals = after.leases.filter(
      (lease) => lease.feature === granted.feature && Number(lease.version) >= 0,
    );
    for (const version of new Set([0, ...rivals.map((lease) => Number(lease.version))])) {
      if (version > Number(granted.version)) continue;
      const taken = rivals.filter((lease) => Number(lease.version) >= version);
      const seats = seatsFor(terms, granted.feature, version, now);
      expect(sumOf(taken.map(({ count }) => count))).toBeLessThanOrEqual(seats);
    }
  }
}

/** Who waits keeps the place; who is served had nobody connected before them. */
export function expectQueueInOrder({ decision, before, after }: Seen): void {
  const keysAfter = after.queue.map(nameOf);
  const stayed = before.queue.map(nameOf).filter((key) => keysAfter.includes(key));
  expect(keysAfter.filter((key) => stayed.includes(key))).toEqual(stayed);
  for (const granted of grantedIn(decision)) {
    const place = before.queue.findIndex((waiter) => nameOf(waiter) === nameOf(granted));
    const earlier = place === -1 ? before.queue : before.queue.slice(0, place);
    const overtaken = after.queue.filter(
      (waiter) =>
        waiter.feature === granted.feature &&
        waiter.connected &&
        earlier.some((other) => nameOf(other) === nameOf(waiter)),
    );
    expect(overtaken).toEqual([]);
  }
}

/** Nobody's lease is touched by another: it stays as it is, or its time has come. */
export function expectOthersUntouched({ command, decision, now, before, after }: Seen): void {
  for (const lease of before.leases) {
    if (isFor(command, lease)) continue;
    const left = after.leases.find(({ id }) => id === lease.id);
    if (left === undefined) {
      expect(decision.events).toContainEqual(
        expect.objectContaining({ type: "end", lease: lease.id, reason: "expired" }),
      );
      expect(lease.expiresAt).toBeLessThanOrEqual(now.mono);
    } else {
      expect(left).toEqual(lease);
    }
  }
}

/**
 * No lease outlives its time, and none is there that the store does not have. Only a renewal may
 * leave the end of leases that it does not renew to the next command.
 */
export function expectStored(
  { command, decision, now, after }: Seen,
  stored: ReadonlyMap<string, StoredLease>,
): void {
  const { answer } = decision;
  const isRenewal = command.kind === "renew" || command.kind === "resume";
  const renewed = answer.kind === "renewed" ? answer.leases : [];
  const alive = isRenewal ? renewed : after.leases;
  expect(alive.filter(({ expiresAt }) => expiresAt <= now.mono)).toEqual([]);
  expect(after.leases.map(({ id }) => id).toSorted()).toEqual([...stored.keys()].toSorted());
}

/** Whether the command may touch the lease: its holder's, the administrator's, a lawful takeover. */
function isFor(command: Command, lease: Lease): boolean {
  if (command.kind === "revoke") return command.lease === lease.id;
  if (!("by" in command) || command.by.client !== lease.client) return false;
  if (command.by.instance === lease.instance) return true;
  return command.kind === "resume" && !command.liveInstances.has(lease.instance);
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

const nameOf = ({ client, key }: StoredLease | WaiterView): string => `${client} ${key}`;

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, one) => sum + one, 0);
