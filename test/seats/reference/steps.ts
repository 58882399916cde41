// What clients, the administrator, the clock and the disk may do next, at random, as small numbers
// that shrink well.
import fc from "fast-check";
import type { Pseudonym } from "../../../src/base/identity.ts";
import { idempotencyKey, leaseId } from "../../../src/base/ids.ts";
import { minutes, type UnixMillis, unixMillis } from "../../../src/base/time.ts";
import type { Command } from "../../../src/seats/command.ts";
import type { Caller } from "../../../src/seats/lease.ts";
import { ada, adaAgain, bob, cid, day, dot, keyNo, leaseNo, noon } from "../given.ts";

/** Ada at another workstation, and Cid at the screen of Bob's. */
const adaElsewhere: Caller = { ...dot, user: ada.user };
const cidAtBobs: Caller = { ...cid, host: bob.host, display: "d_1" as Pseudonym };
const CALLERS: readonly Caller[] = [ada, adaAgain, bob, adaElsewhere, cidAtBobs];
const USUAL_GROUPS = [["leads"], ["leads"], ["interns"], [], ["interns", "night"]] as const;
const INSTANCES = CALLERS.map(({ instance }) => instance);

/** One command, before it is known who is there. */
export interface Ask {
  readonly what: string;
  readonly who: number;
  readonly feature: string;
  readonly version: number;
  readonly count: number;
  readonly key: number;
  /** Which of the leases there are, or of those who wait. */
  readonly target: number;
  /** Whether somebody else than its holder says it. */
  readonly isStranger: boolean;
  readonly isYes: boolean;
  /** What the door finds of the caller; undefined for the usual. */
  readonly groups: readonly string[] | undefined;
  readonly isBound: boolean;
}

/** As often as they are listed. */
const USUAL = words(
  "acquire acquire acquire acquire acquire acquire acquire again renew renew renew release release",
  "resume activity cancel disconnect reconnect revoke tick name-user name-user unname-user",
  "borrow borrow lend lend return give-up",
);
const CROWDED = words(
  "acquire acquire acquire acquire acquire acquire acquire acquire acquire acquire again release",
  "release renew cancel disconnect reconnect resume revoke borrow return again disconnect",
);

function words(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(" "));
}

export const anyAsk: fc.Arbitrary<Ask> = askOf(USUAL, fc.constantFrom(1, 1, 1, 2, 3));

/** Where many want what few can have. */
export const anyCrowdedAsk: fc.Arbitrary<Ask> = askOf(CROWDED, fc.constant(1));

function askOf(whats: readonly string[], version: fc.Arbitrary<number>): fc.Arbitrary<Ask> {
  return fc.record({
    what: fc.constantFrom(...whats),
    who: fc.nat(CALLERS.length - 1),
    feature: fc.constantFrom("cad.pro", "cad.pro", "cad.pro", "sim"),
    version,
    count: fc.constantFrom(1, 1, 1, 1, 2, 3),
    key: fc.nat(12),
    target: fc.nat(7),
    isStranger: fc.nat(9).map((luck) => luck === 9),
    isYes: fc.constantFrom(true, true, false),
    groups: fc.oneof(
      { weight: 12, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.subarray(["leads", "interns", "night"]) },
    ),
    isBound: fc.nat(9).map((luck) => luck > 0),
  });
}

/** Somebody whom a command can be about: who has a lease, or waits. */
export interface Party {
  readonly client: string;
  readonly instance: string;
  readonly key: string;
  readonly feature: string;
  readonly version: string;
  readonly versionDate: UnixMillis | null;
  readonly count: number;
  /** Undefined for who waits. */
  readonly id: string | undefined;
}

/**
 * The command that an ask means among those who are there. Every tenth is about something that is
 * not there.
 */
export function commandOf(ask: Ask, issued: number, parties: readonly Party[]): Command {
  const party = parties[ask.target % (parties.length + 1)];
  const holder = CALLERS.find(
    ({ client, instance }) => client === party?.client && instance === party.instance,
  );
  const isAbout = !["acquire", "borrow", "name-user"].includes(ask.what) && !ask.isStranger;
  // Half of the strangers are the other process of the same installation.
  const other = CALLERS.find((one) => one.client === holder?.client && one !== holder);
  const stranger = (ask.isStranger && ask.isYes ? other : undefined) ?? CALLERS[ask.who] ?? ada;
  const caller = (isAbout ? holder : undefined) ?? stranger;
  const groups = new Set(ask.groups ?? USUAL_GROUPS[CALLERS.indexOf(caller)]);
  const bound = { user: ask.isBound, host: ask.isBound };
  const by: Caller = { ...caller, standing: { groups, bound } };
  const lease = party?.id === undefined ? leaseNo(issued - 1) : leaseId(party.id);
  const another = parties.findLast(
    ({ client, id }) => client === party?.client && id !== undefined,
  );
  const leases = [lease, leaseId(another?.id ?? lease)];
  const key =
    ["acquire", "borrow"].includes(ask.what) || party === undefined
      ? keyNo(ask.key)
      : idempotencyKey(party.key);
  const wish = {
    feature: ask.feature,
    version: String(ask.version),
    versionDate: ask.version === 1 ? null : unixMillis(noon.wall - (4 - ask.version) * day),
    count: ask.count,
  };
  switch (ask.what) {
    case "acquire":
    case "again":
      return {
        kind: "acquire",
        by,
        ...(ask.what === "again" && ask.version === 1 ? (sameAs(party) ?? wish) : wish),
        wait: ask.isYes,
        key,
        newLease: leaseNo(issued),
        liveInstances: new Set(ask.isStranger ? [] : INSTANCES),
      };
    case "borrow":
    case "lend":
      return {
        kind: "borrow",
        by,
        feature: ask.what === "lend" ? (party?.feature ?? ask.feature) : ask.feature,
        version: String(ask.version),
        versionDate: null,
        count: ask.what === "lend" ? (party?.count ?? ask.count) : ask.count,
        key,
        newLease: leaseNo(issued),
        span: minutes(ask.target),
        workstation: ask.isStranger ? "b2" : "a1",
        lease: ask.what === "lend" ? lease : null,
      };
    case "return":
      return { kind: "return", by, lease };
    case "give-up":
      return { kind: "give-up", lease };
    case "renew":
      return { kind: "renew", by, leases, quiet: ask.isYes ? leases : [] };
    case "activity":
      return { kind: "activity", by, leases };
    case "resume":
      return { kind: "resume", by, leases, liveInstances: new Set(ask.isYes ? [] : INSTANCES) };
    case "release":
      return { kind: "release", by, lease };
    case "cancel":
      return { kind: "cancel", by, key };
    case "disconnect":
    case "reconnect":
      return { kind: ask.what, by };
    case "name-user":
    case "unname-user":
      return { kind: ask.what, feature: ask.feature, user: by.user };
    case "revoke":
      return { kind: "revoke", lease };
    default:
      return { kind: "tick" };
  }
}

/** What somebody asked for who asks once more. */
function sameAs(
  party: Party | undefined,
): Pick<Party, "feature" | "version" | "versionDate" | "count"> | undefined {
  if (party === undefined) return undefined;
  const { feature, version, versionDate, count } = party;
  return { feature, version, versionDate, count };
}
