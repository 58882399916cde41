// Licenses and rules of every kind, at random, none of them often: seats are given as well as refused.
import fc from "fast-check";
import type { SiteRules } from "../../../src/base/site-rules.ts";
import { millis, minutes, seconds, unixMillis } from "../../../src/base/time.ts";
import type {
  FeaturePool,
  SeatGrant,
  SeatTerms,
  Share,
  TokenGrant,
} from "../../../src/seats/terms.ts";
import { day, grant, meter, minute, noon, pool, termsOf } from "../given.ts";

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
    borrow: fc.constantFrom(null, { span: minutes(5), seats: 1 }, { span: minutes(2), seats: 2 }),
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
  borrow: anyRules(
    "borrow",
    fc.record({
      who: anyWho,
      span: fc.constantFrom(null, null, millis(0), minutes(3)),
      seats: fc.constantFrom(null, null, 0, 1),
    }),
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

/** Few seats for many, and some come first. */
export const anyCrowdedTerms: fc.Arbitrary<SeatTerms> = fc
  .record({
    seats: fc.integer({ min: 1, max: 3 }),
    borrow: fc.constantFrom(null, { span: minutes(3), seats: 1 }),
    others: fc.integer({ min: 1, max: 2 }),
    share: fc.constantFrom<Share[]>("none", "none", "user"),
    tokens: seldom(null, { pool: "all", cost: 1 }),
    linger: fc.constantFrom(millis(0), millis(0), seconds(5), seconds(20)),
    priority: fc.array(fc.record({ who: anyGroups, value: fc.constantFrom(-5, 5, 10) }), {
      maxLength: 3,
    }),
    reserve: seldom<readonly string[], readonly string[]>([], ["leads"]),
    exclude: seldom<readonly string[], readonly string[]>([], ["night"]),
  })
  .map(({ seats, borrow, others, share, tokens, linger, priority, reserve, exclude }) =>
    termsOf({
      pools: [
        pool({ grants: [grant({ seats, borrow })], share, tokens, linger }),
        pool({ name: "sim", grants: [grant({ seats: others })], tokens, share }),
      ],
      tokens: [{ name: "all", tokens: seats + others - 1, startsAt: null, endsAt: null }],
      rules: {
        priority: priority.map((rule, index) => ({
          ruleId: `priority-${index}`,
          feature: "*",
          ...rule,
        })),
        exclude: exclude.map((group) => ({ ruleId: "exclude", feature: "cad.pro", who: [group] })),
        reserve: reserve.map((group) => ({
          ruleId: "reserve",
          feature: "cad.pro",
          seats: 1,
          for: [group],
        })),
      },
    }),
  );
