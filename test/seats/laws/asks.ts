// What clients, the administrator and the license may do next, as small numbers that shrink well.
import fc from "fast-check";
import type { SiteRules } from "../../../src/base/site-rules.ts";
import { hours, minutes, seconds, unixMillis } from "../../../src/base/time.ts";
import type { Command, UsageRecord } from "../../../src/seats/command.ts";
import type { Caller } from "../../../src/seats/lease.ts";
import type { SeatTerms } from "../../../src/seats/terms.ts";
import {
  ada,
  adaAgain,
  bob,
  cid,
  day,
  grant,
  hour,
  inGroups,
  keyNo,
  leaseNo,
  meter,
  noon,
  pool,
  termsOf,
} from "../given.ts";

const bobAgain: Caller = { ...bob, instance: cid.instance };
const CALLERS: readonly Caller[] = [
  inGroups(ada, "leads"),
  inGroups(adaAgain, "leads"),
  inGroups(bob, "interns"),
  inGroups(bobAgain, "interns"),
  cid,
];

/** Interns are kept short, leads come first, released seats linger, idle ones come back. */
const STRICT: Partial<SiteRules> = {
  reserve: [{ ruleId: "reserve-1", feature: "cad.*", seats: 1, for: ["leads"] }],
  exclude: [{ ruleId: "exclude-1", feature: "sim", who: ["interns"] }],
  max: [{ ruleId: "max-1", feature: "*", seats: 1, per: "user", who: ["interns"] }],
  priority: [{ ruleId: "priority-1", feature: "*", who: ["leads"], value: 10 }],
  linger: [{ ruleId: "linger-1", feature: "cad.pro", who: null, span: seconds(20) }],
  idleTimeout: [{ ruleId: "idle-1", feature: "sim", who: null, span: seconds(40) }],
  showHolders: "pseudonym",
};

const LEADS_FIRST: Partial<SiteRules> = { priority: STRICT.priority ?? [] };

const TWO_FOR_AN_HOUR = { span: hours(1), seats: 2 };

const METERS = [
  meter({ lateLimit: hours(1), refunds: true }),
  meter({ name: "api.calls", quota: 20, period: "day", overdraft: "allow", lateLimit: minutes(5) }),
];

/** The licenses of the site, one after another. */
export const TERMS: readonly [SeatTerms, ...SeatTerms[]] = [
  termsOf({
    pools: [
      pool({ grants: [grant({ seats: 3, overdraftSeats: 1, borrow: TWO_FOR_AN_HOUR })] }),
      pool({
        name: "sim",
        grants: [grant({ versionMax: "2" }), grant({ versionMax: "3" })],
        releaseOnDisconnect: true,
      }),
    ],
    meters: METERS,
  }),
  termsOf({
    pools: [
      pool({ grants: [grant({ seats: 2 })] }),
      pool({ name: "sim", grants: [grant({ seats: 2, versionMax: "2" })] }),
    ],
    meters: METERS,
  }),
  termsOf({
    pools: [pool({ grants: [grant(), grant({ endsAt: unixMillis(noon.wall + hour / 2) })] })],
    meters: METERS.slice(1),
  }),
  termsOf({
    pools: [
      pool({ grants: [grant({ seats: 3 })] }),
      pool({ name: "sim", grants: [grant({ seats: 2, overdraftSeats: 1 })] }),
    ],
    meters: METERS,
    rules: STRICT,
  }),
  termsOf({
    pools: [
      pool({
        grants: [grant({ seats: 3, borrow: TWO_FOR_AN_HOUR })],
        share: "user",
        tokens: { pool: "all", cost: 2 },
        minLease: seconds(30),
      }),
      pool({
        name: "sim",
        grants: [grant({ seats: 2 })],
        share: "host",
        tokens: { pool: "all", cost: 1 },
      }),
    ],
    tokens: [{ name: "all", tokens: 5, startsAt: null, endsAt: null }],
    meters: METERS,
    rules: LEADS_FIRST,
  }),
  termsOf({
    pools: [
      pool({ grants: [grant({ seats: 2, borrow: TWO_FOR_AN_HOUR })] }),
      pool({
        name: "sim",
        grants: [
          grant({ versionMax: "2" }),
          grant({ maintenanceUntil: unixMillis(noon.wall - 2 * day) }),
        ],
        namedUsers: { max: 1, changesPerMonth: 2 },
      }),
    ],
    meters: METERS,
    rules: LEADS_FIRST,
  }),
];

/** One request, before it is known which leases there are. */
export interface Ask {
  readonly what: string;
  readonly who: number;
  readonly feature: number;
  readonly version: number;
  readonly count: number;
  readonly key: number;
  /** How many leases ago. */
  readonly ago: number;
  readonly wait: boolean;
  readonly terms: number;
  /** True when the door finds the caller in no group any more. */
  readonly isOutcast: boolean;
}

/** As often as they are listed. */
const WHATS = [
  "acquire acquire acquire acquire acquire renew renew release release resume record record refund",
  "cancel disconnect reconnect revoke tick terms activity activity name-user unname-user",
  "borrow borrow borrow return give-up",
].flatMap((some) => some.split(" "));

export const anyAsk: fc.Arbitrary<Ask> = fc.record({
  what: fc.constantFrom(...WHATS),
  who: fc.nat(CALLERS.length - 1),
  feature: fc.nat(1),
  version: fc.integer({ min: 1, max: 3 }),
  count: fc.constantFrom(1, 1, 1, 2, 3),
  key: fc.nat(6),
  ago: fc.nat(8),
  wait: fc.boolean(),
  terms: fc.nat(TERMS.length - 1),
  isOutcast: fc.nat(19).map((luck) => luck === 19),
});

export const TICK: Ask = {
  what: "tick",
  who: 0,
  feature: 0,
  version: 1,
  count: 1,
  key: 0,
  ago: 0,
  wait: false,
  terms: 0,
  isOutcast: false,
};

/** The command that an ask means when `issued` lease ids have been given out. */
export function commandOf(ask: Ask, issued: number, wall: number): Command {
  const caller = CALLERS[ask.who] ?? ada;
  const by = ask.isOutcast ? inGroups(caller) : caller;
  const lease = leaseNo(Math.max(0, issued - ask.ago));
  const leases = [lease, leaseNo(Math.max(0, issued - ask.ago - 1))];
  const key = keyNo(ask.key);
  switch (ask.what) {
    case "acquire":
      return {
        kind: "acquire",
        by,
        feature: ask.feature === 0 ? "cad.pro" : "sim",
        version: String(ask.version),
        versionDate: ask.version === 1 ? null : unixMillis(noon.wall - (4 - ask.version) * day),
        count: ask.count,
        wait: ask.wait,
        key,
        newLease: leaseNo(issued),
      };
    case "borrow":
      return {
        kind: "borrow",
        by,
        feature: ask.feature === 0 ? "cad.pro" : "sim",
        version: String(ask.version),
        versionDate: null,
        count: ask.count,
        key,
        newLease: leaseNo(issued),
        span: minutes(2 ** (ask.key + 1)),
        workstation: caller.client,
        lease: ask.wait ? lease : null,
      };
    case "return":
      return { kind: "return", by, lease };
    case "give-up":
      return { kind: "give-up", lease };
    case "renew":
      return { kind: "renew", by, leases, quiet: ask.wait ? leases : [] };
    case "resume":
      return { kind: "resume", by, leases, liveInstances: liveBeside(ask) };
    case "activity":
      return { kind: "activity", by, leases };
    case "name-user":
    case "unname-user":
      return { kind: ask.what, feature: "sim", user: by.user };
    case "release":
      return { kind: "release", by, lease };
    case "record":
    case "refund":
      return { kind: "record", by, records: [recordOf(ask, wall)] };
    case "cancel":
      return { kind: "cancel", by, key };
    case "disconnect":
      return { kind: "disconnect", by };
    case "reconnect":
      return { kind: "reconnect", by };
    case "revoke":
      return { kind: "revoke", lease };
    case "terms":
      return { kind: "terms", ...(TERMS[ask.terms] ?? TERMS[0]) };
    default:
      return { kind: "tick" };
  }
}

function liveBeside({ wait }: Ask): ReadonlySet<Caller["instance"]> {
  return new Set(wait ? CALLERS.map(({ instance }) => instance) : []);
}

function recordOf({ what, feature, count, key, ago }: Ask, wall: number): UsageRecord {
  return {
    kind: what === "refund" ? "refund" : "use",
    meter: feature === 0 ? "render.minutes" : "api.calls",
    units: count,
    key: keyNo(key + 10 * ago),
    usedAt: unixMillis(wall - ago * 60_000),
  };
}
