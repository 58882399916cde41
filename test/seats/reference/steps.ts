// What may happen at a site, at random, as small numbers that shrink well: licenses and rules of
// every kind, and what clients, the administrator, the clock and the disk do.
import fc from "fast-check";
import type { Pseudonym } from "../../../src/base/identity.ts";
import { idempotencyKey, leaseId } from "../../../src/base/ids.ts";
import type { SiteRules } from "../../../src/base/site-rules.ts";
import { millis, seconds, unixMillis } from "../../../src/base/time.ts";
import type { Command } from "../../../src/seats/command.ts";
import type { Caller } from "../../../src/seats/lease.ts";
import type {
  FeaturePool,
  SeatGrant,
  SeatTerms,
  Share,
  TokenGrant,
} from "../../../src/seats/terms.ts";
import {
  ada,
  adaAgain,
  bob,
  cid,
  day,
  dot,
  grant,
  keyNo,
  leaseNo,
  meter,
  minute,
  noon,
  pool,
  termsOf,
} from "../given.ts";

/** Ada at another workstation, and Cid at the screen of Bob's. */
const adaElsewhere: Caller = { ...dot, user: ada.user };
const cidAtBobs: Caller = { ...cid, host: bob.host, display: "d_1" as Pseudonym };
const CALLERS: readonly Caller[] = [ada, adaAgain, bob, adaElsewhere, cidAtBobs];
const USUAL_GROUPS = [["leads"], ["leads"], ["interns"], [], ["interns", "night"]] as const;
const INSTANCES = CALLERS.map(({ instance }) => instance);

/** Mostly `usual`, now and then something else. */
function seldom<Usual, Other>(
  usual: Usual,
  ...others: readonly Other[]
): fc.Arbitrary<Usual | Other> {
  return fc.oneof(
    { weight: 7, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

const anyTimes = fc.record({
  startsAt: seldom(null, unixMillis(noon.wall - minute), unixMillis(noon.wall + 10 * minute)),
  endsAt: seldom(null, unixMillis(noon.wall + 4 * minute), unixMillis(noon.wall + 30 * minute)),
});

const anyGrant: fc.Arbitrary<SeatGrant> = fc
  .record({
    seats: fc.constantFrom(1, 2, 3, 0),
    overdraftSeats: seldom(0, 1),
    versionMax: seldom(null, "1", "2"),
    maintenanceUntil: seldom(null, unixMillis(noon.wall - 2 * day)),
    times: anyTimes,
  })
  .map(({ times, ...fields }) => grant({ ...fields, ...times }));

function anyPool(name: string, leaseTime: number): fc.Arbitrary<FeaturePool> {
  return fc
    .record({
      grants: fc.array(anyGrant, { minLength: 1, maxLength: 2 }),
      releaseOnDisconnect: seldom(false, true),
      share: fc.oneof(
        { weight: 2, arbitrary: fc.constant<Share>("none") },
        fc.constantFrom<Share[]>("user", "host", "user+host", "display"),
      ),
      tokens: seldom(null, { pool: "all", cost: 1 }, { pool: "all", cost: 2 }),
      linger: fc.constantFrom(millis(0), millis(0), seconds(20)),
      minLease: fc.constantFrom(millis(0), millis(0), seconds(30)),
      namedUsers: seldom(null, { max: 1, changesPerMonth: 1 }, { max: 2, changesPerMonth: 3 }),
    })
    .map((fields) => pool({ name, leaseTime: seconds(leaseTime), ...fields }));
}

const anyTokens: fc.Arbitrary<readonly TokenGrant[]> = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 5 }), anyTimes)
    .map(([tokens, times]) => ({ name: "all", tokens, ...times })),
  { minLength: 1, maxLength: 2 },
);

const anyGroups = fc.subarray(["leads", "interns", "night"], { minLength: 1, maxLength: 2 });
const someFeature = fc.constantFrom("cad.pro", "cad.*", "sim", "*");

/** Rules of one kind, each under a name of its own. */
function anyRules<Fields>(
  kind: string,
  fields: fc.Arbitrary<Fields>,
): fc.Arbitrary<readonly (Fields & { ruleId: string; feature: string })[]> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.tuple(someFeature, fields), { minLength: 1, maxLength: 2 })
        .map((rules) =>
          rules.map(([feature, rest], index) => ({ ruleId: `${kind}-${index}`, feature, ...rest })),
        ),
    },
  );
}

const anyWho = fc.oneof(fc.constant(null), anyGroups);
const anySpan = fc.record({ who: anyWho, span: fc.constantFrom(seconds(15), seconds(40)) });
const anySiteRules: fc.Arbitrary<SiteRules> = fc.record({
  reserve: anyRules(
    "reserve",
    fc.record({ seats: fc.integer({ min: 1, max: 2 }), for: anyGroups }),
  ),
  include: anyRules("include", fc.record({ who: anyGroups })),
  exclude: anyRules("exclude", fc.record({ who: anyGroups })),
  max: anyRules(
    "max",
    fc.oneof(
      fc.record({
        seats: fc.integer({ min: 0, max: 2 }),
        per: fc.constantFrom("user" as const, "host" as const),
        who: anyWho,
      }),
      fc.record({
        seats: fc.integer({ min: 1, max: 2 }),
        per: fc.constant("group" as const),
        who: anyGroups,
      }),
    ),
  ),
  priority: anyRules("priority", fc.record({ who: anyWho, value: fc.constantFrom(-5, 5, 10) })),
  linger: anyRules("linger", anySpan),
  minLease: anyRules("min-lease", anySpan),
  idleTimeout: anyRules("idle", anySpan),
  requireBound: anyRules(
    "bound",
    fc.record({ who: anyGroups, labels: fc.constantFrom<("user" | "host")[]>(["user"], ["host"]) }),
  ),
  showHolders: fc.constantFrom("none" as const, "pseudonym" as const),
});

/** Licenses and rules: all kinds, none of them often, so that seats are given as well as refused. */
export const anyTerms: fc.Arbitrary<SeatTerms> = fc
  .record({
    cad: anyPool("cad.pro", 90),
    sim: seldom(true, false).chain((isThere) =>
      isThere ? anyPool("sim", 60) : fc.constant(undefined),
    ),
    tokens: anyTokens,
    rules: fc.oneof(anySiteRules, fc.constant<Partial<SiteRules>>({})),
    isLicensed: fc.nat(29).map((luck) => luck > 0),
  })
  .map(({ cad, sim, tokens, rules, isLicensed }) =>
    isLicensed
      ? termsOf({ pools: sim === undefined ? [cad] : [cad, sim], tokens, meters: [meter()], rules })
      : termsOf({ rules }),
  );

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
const WHATS = [
  "acquire acquire acquire acquire acquire acquire acquire again renew renew renew release release",
  "resume activity cancel disconnect reconnect revoke tick name-user name-user unname-user",
].flatMap((some) => some.split(" "));

export const anyAsk: fc.Arbitrary<Ask> = fc.record({
  what: fc.constantFrom(...WHATS),
  who: fc.nat(CALLERS.length - 1),
  feature: fc.constantFrom("cad.pro", "cad.pro", "cad.pro", "sim"),
  version: fc.constantFrom(1, 1, 1, 2, 3),
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

/** Somebody whom a command can be about: who has a lease, or waits. */
export interface Party {
  readonly client: string;
  readonly instance: string;
  readonly key: string;
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
  const isAbout = ask.what !== "acquire" && ask.what !== "name-user" && !ask.isStranger;
  const caller = (isAbout ? holder : undefined) ?? CALLERS[ask.who] ?? ada;
  const groups = new Set(ask.groups ?? USUAL_GROUPS[CALLERS.indexOf(caller)]);
  const bound = { user: ask.isBound, host: ask.isBound };
  const by: Caller = { ...caller, standing: { groups, bound } };
  const lease = party?.id === undefined ? leaseNo(issued - 1) : leaseId(party.id);
  const another = parties.findLast(
    ({ client, id }) => client === party?.client && id !== undefined,
  );
  const leases = [lease, leaseId(another?.id ?? lease)];
  const key =
    ask.what === "acquire" || party === undefined ? keyNo(ask.key) : idempotencyKey(party.key);
  switch (ask.what) {
    case "acquire":
    case "again":
      return {
        kind: "acquire",
        by,
        feature: ask.feature,
        version: String(ask.version),
        versionDate: ask.version === 1 ? null : unixMillis(noon.wall - (4 - ask.version) * day),
        count: ask.count,
        wait: ask.isYes,
        key,
        newLease: leaseNo(issued),
        liveInstances: new Set(ask.isStranger ? [] : INSTANCES),
      };
    case "renew":
    case "activity":
      return { kind: ask.what, by, leases };
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
