// What the reference model writes down of a site: plain lists, read from front to back each time
// something is asked. Nothing is counted ahead, nothing is indexed, nothing is taken back.
import type { DenialReason } from "../../../src/base/denial.ts";
import type { Pseudonym } from "../../../src/base/identity.ts";
import type { InstanceId } from "../../../src/base/ids.ts";
import type { UnixMillis } from "../../../src/base/time.ts";
import type { AcquireCommand } from "../../../src/seats/command.ts";
import type { SeatLimits, SeatTerms } from "../../../src/seats/terms.ts";

/** Somebody has seats, shares those of another lease, or has left them and may take them again. */
export interface Held {
  readonly id: string;
  readonly client: string;
  instance: InstanceId;
  readonly user: Pseudonym;
  readonly host: Pseudonym;
  readonly display: Pseudonym | null;
  groups: readonly string[];
  readonly feature: string;
  readonly version: string;
  readonly versionDate: UnixMillis | null;
  readonly count: number;
  readonly key: string;
  /** The place of its request among all that were ever made. */
  asked: number;
  /** By the monotonic clock; after a restart, as long ago as the wall clock says. */
  began: number;
  readonly grantedAt: number;
  leaseTime: number;
  expiresAt: number;
  activeAt: number;
  idleAt: number | null;
  /** False while it shares the seats of another lease. */
  hasSeats: boolean;
  overdraft: boolean;
  /** By the wall clock; null while it is on the network. */
  borrowed: { readonly from: number; readonly until: number; readonly workstation: string } | null;
  /** By the wall clock; null while its holder uses it. */
  lingersUntil: number | null;
}

/** Somebody waits. */
export interface Waiting {
  asked: AcquireCommand;
  readonly place: number;
  /** Who came first has the lower one. */
  readonly ticket: number;
  overtaken: number;
  awayUntil: number | undefined;
}

/** How a lease ended, for who comes too late. */
interface Ended {
  readonly id: string;
  readonly client: string;
  readonly by: DenialReason | "holder";
  readonly forgetAt: number;
}

/** Why not, and by which rule of the site. */
export interface Refused {
  readonly reason: DenialReason;
  readonly ruleId?: string;
  /** True where no seat that comes free can help. */
  readonly isLasting?: boolean;
}

/** All that the model knows. */
export interface Records {
  readonly limits: SeatLimits;
  terms: SeatTerms;
  wall: number;
  mono: number;
  /** In the order of their grants. */
  leases: Held[];
  /** In the order of their arrival. */
  queue: Waiting[];
  ended: Ended[];
  /** Leases for which licenses or rules have no seat any more. */
  surplus: { readonly id: string; readonly refused: Refused }[];
  named: { readonly feature: string; readonly user: string; readonly since: number }[];
  unnamings: { readonly feature: string; readonly month: string }[];
  /** Starts and ends of grants that lay behind when seats were last added up. */
  behind: readonly number[];
  nextTicket: number;
  nextPlace: number;
  /** What others must hear of the command, in words. */
  told: string[];
}

/** Who asks for what: the part of a lease, of a request in the queue, or of a new one. */
export interface Wish {
  readonly client: string;
  readonly user: string;
  readonly host: string;
  readonly display: string | null;
  readonly groups: readonly string[];
  readonly feature: string;
  readonly version: string;
  readonly versionDate: number | null;
  readonly count: number;
}

export function wishOf({ by, feature, version, versionDate, count }: AcquireCommand): Wish {
  const { client, user, host, display } = by;
  const groups = groupsOf(by.standing.groups);
  return { client, user, host, display, groups, feature, version, versionDate, count };
}

/** LAW: a key stands for one feature, version, date and number of seats. */
export function isSameWish(one: Product, other: Product): boolean {
  const told = ({ feature, version, versionDate, count }: Product): string =>
    JSON.stringify([feature, version, versionDate, count]);
  return told(one) === told(other);
}

type Product = Pick<Wish, "feature" | "version" | "versionDate" | "count">;

export const groupsOf = (groups: ReadonlySet<string>): readonly string[] => [...groups].toSorted();

export const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, one) => total + one, 0);

/** The oldest first; of those that began together, by id. */
export const byAge = (one: Held, other: Held): number =>
  one.began - other.began || (one.id < other.id ? -1 : 1);

interface Process {
  readonly client: string;
  readonly instance: string;
}

/** LAW: a lease belongs to one process of one installation. */
export function isSame(one: Process, other: Process): boolean {
  return one.client === other.client && one.instance === other.instance;
}
