// People, moments and pools for the tests of the lease engine.
import type { Pseudonym } from "../../src/base/identity.ts";
import {
  clientKey,
  type IdempotencyKey,
  type InstanceId,
  idempotencyKey,
  instanceId,
  type LeaseId,
  leaseId,
} from "../../src/base/ids.ts";
import { NO_RULES, type SiteRules } from "../../src/base/site-rules.ts";
import { NO_STANDING } from "../../src/base/standing.ts";
import { days, type Moment, millis, monoMillis, seconds, unixMillis } from "../../src/base/time.ts";
import { SeatBook } from "../../src/seats/book.ts";
import type { AcquireCommand, Command, UsageRecord } from "../../src/seats/command.ts";
import type { Caller, Lease } from "../../src/seats/lease.ts";
import { EMPTY_SNAPSHOT, type SeatSnapshot } from "../../src/seats/snapshot.ts";
import {
  DEFAULT_SEAT_LIMITS,
  type FeaturePool,
  type MeterRule,
  type SeatGrant,
  type SeatLimits,
  type SeatTerms,
  type TokenGrant,
} from "../../src/seats/terms.ts";

/** 2026-11-22T12:00:00Z on the wall, an hour after the process began. */
export const noon: Moment = { wall: unixMillis(1_795_348_800_000), mono: monoMillis(3_600_000) };

/** Noon and so many milliseconds, on both clocks. */
export function noonAnd(milliseconds: number): Moment {
  return {
    wall: unixMillis(noon.wall + milliseconds),
    mono: monoMillis(noon.mono + milliseconds),
  };
}

export const second = 1_000;
export const minute = 60_000;
export const hour = 3_600_000;
export const day = 86_400_000;

function caller(letter: string, instance: number): Caller {
  return {
    client: clientKey(letter.repeat(42).concat("A")),
    instance: processNo(instance),
    user: `u_${letter}` as Pseudonym,
    host: `h_${letter}` as Pseudonym,
    display: null,
    standing: NO_STANDING,
  };
}

function processNo(number: number): InstanceId {
  return instanceId(String(number).padStart(32, "0"));
}

export const ada: Caller = caller("a", 1);
export const bob: Caller = caller("b", 2);
export const cid: Caller = caller("c", 3);
export const dot: Caller = caller("d", 4);
/** Ada's application, started a second time on the same workstation. */
export const adaAgain: Caller = { ...ada, instance: processNo(11) };

/** The same person at the same place, in groups of the site. */
export function inGroups(by: Caller, ...groups: readonly string[]): Caller {
  return { ...by, standing: { ...by.standing, groups: new Set(groups) } };
}

/** What a lease keeps of its holder. */
export function holder({ client, instance, user, host, display, standing }: Caller) {
  return { client, instance, user, host, display, groups: [...standing.groups].toSorted() };
}

export const leaseNo = (number: number): LeaseId => leaseId(String(number).padStart(32, "0"));
export const keyNo = (number: number): IdempotencyKey => idempotencyKey(`key-${number}`);

export function grant(fields: Partial<SeatGrant> = {}): SeatGrant {
  return {
    seats: 1,
    overdraftSeats: 0,
    versionMax: null,
    maintenanceUntil: null,
    borrow: null,
    startsAt: null,
    endsAt: null,
    ...fields,
  };
}

/** `cad.pro` with one seat for 90 seconds, unless said otherwise. */
export function pool(fields: Partial<FeaturePool> = {}): FeaturePool {
  return {
    name: "cad.pro",
    grants: [grant()],
    leaseTime: seconds(90),
    releaseOnDisconnect: false,
    share: "none",
    tokens: null,
    linger: millis(0),
    minLease: millis(0),
    namedUsers: null,
    ...fields,
  };
}

export const seats = (count: number): FeaturePool => pool({ grants: [grant({ seats: count })] });

/** `render.minutes`, 100 of them in all, a week of delay. */
export function meter(fields: Partial<MeterRule> = {}): MeterRule {
  return {
    name: "render.minutes",
    unit: "minute",
    quota: 100,
    period: "total",
    overdraft: "deny",
    lateLimit: days(7),
    refunds: false,
    ...fields,
  };
}

interface Given {
  readonly pools?: readonly FeaturePool[];
  readonly tokens?: readonly TokenGrant[];
  readonly meters?: readonly MeterRule[];
  readonly rules?: Partial<SiteRules>;
  readonly limits?: Partial<SeatLimits>;
  readonly snapshot?: Partial<SeatSnapshot>;
  readonly now?: Moment;
}

export function termsOf({ pools = [], tokens = [], meters = [], rules = {} }: Given): SeatTerms {
  return { pools, tokens, meters, rules: { ...NO_RULES, ...rules } };
}

/** Licenses and rules from now on. */
export const newTerms = (given: Given): Command => ({ kind: "terms", ...termsOf(given) });

export function givenBook(given: Given = {}): SeatBook {
  return SeatBook.restore(
    { ...EMPTY_SNAPSHOT, ...given.snapshot },
    termsOf({ pools: [pool()], ...given }),
    { ...DEFAULT_SEAT_LIMITS, ...given.limits },
    given.now ?? noon,
  );
}

/** A request for one seat of `cad.pro`; lease and key bear the same number. */
export function acquire(
  by: Caller,
  number: number,
  fields: Partial<AcquireCommand> = {},
): AcquireCommand {
  return {
    kind: "acquire",
    by,
    feature: "cad.pro",
    version: "",
    versionDate: null,
    count: 1,
    wait: false,
    key: keyNo(number),
    newLease: leaseNo(number),
    ...fields,
  };
}

export const waitFor = (
  by: Caller,
  number: number,
  fields: Partial<AcquireCommand> = {},
): AcquireCommand => acquire(by, number, { wait: true, ...fields });

export const renew = (by: Caller, ...numbers: readonly number[]): Command => ({
  kind: "renew",
  by,
  leases: numbers.map(leaseNo),
  quiet: [],
});

/** A renewal that says that nobody has worked. */
export const renewQuietly = (by: Caller, ...numbers: readonly number[]): Command => {
  const leases = numbers.map(leaseNo);
  return { kind: "renew", by, leases, quiet: leases };
};

export const release = (by: Caller, number: number): Command => ({
  kind: "release",
  by,
  lease: leaseNo(number),
});

/** With the instances of `live` connected. */
export const resume = (by: Caller, number: number, ...live: readonly Caller[]): Command => ({
  kind: "resume",
  by,
  leases: [leaseNo(number)],
  liveInstances: new Set(live.map(({ instance }) => instance)),
});

/** One record of `render.minutes`, used at noon. */
export function record(by: Caller, number: number, fields: Partial<UsageRecord> = {}): Command {
  const used = { meter: "render.minutes", units: 1, key: keyNo(number), usedAt: noon.wall };
  return { kind: "record", by, records: [{ kind: "use", ...used, ...fields }] };
}

/** One refund of `render.minutes`, of units used at noon. */
export function refund(by: Caller, number: number, fields: Partial<UsageRecord> = {}): Command {
  return record(by, number, { kind: "refund", ...fields });
}

export const tick: Command = { kind: "tick" };

/** The numbers of the live leases, the oldest first. */
export function liveLeases(book: SeatBook): readonly number[] {
  return book.view(noon).leases.map((lease: Lease) => Number(lease.id));
}

/** The numbers of those who wait, in order. */
export function waiting(book: SeatBook): readonly number[] {
  return book.view(noon).queue.map(({ key }) => Number(key.replace("key-", "")));
}
