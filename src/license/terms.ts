import type { z } from "zod";
import { days, type Millis, minutes, seconds, type UnixMillis } from "../base/time.ts";
import { TermsError } from "./errors.ts";
import {
  encodeFeature,
  endsBeforeItStarts,
  type FeatureTerms,
  featureField,
} from "./feature-terms.ts";
import {
  decodeWith,
  flag,
  hex32,
  lineOfText,
  listOf,
  mapOf,
  productName,
  wholeNumber,
  wordOf,
} from "./fields.ts";
import { encodeMeter, type MeterTerms, meterField } from "./meter-terms.ts";
import { SIGNED_FORMS, type TimeForms, WRITTEN_FORMS } from "./time-forms.ts";

/** What a vendor sells to one site. docs/spec/license.md explains each term. */
export interface Terms {
  /** For people: who bought it. */
  readonly site: string;
  /** Nothing of the license holds before this moment; null for always. */
  readonly notBefore: UnixMillis | null;
  /** Nothing of the license holds from this moment on; null for ever. */
  readonly notAfter: UnixMillis | null;
  readonly features: readonly FeatureTerms[];
  readonly pools: readonly PoolTerms[];
  readonly meters: readonly MeterTerms[];
  readonly sealing: SealingTerms;
  /** Whether the ledger tells the vendor sums only, or each event with its pseudonym. */
  readonly detail: "totals" | "events";
  /** How often the site has promised to deliver its usage, and what hangs on it. */
  readonly report: ReportTerms | null;
  /** What a suspect clock leads to. */
  readonly clockPolicy: Policy;
  /** What heads that do not extend one another lead to. */
  readonly witnessPolicy: Policy;
  /** Days of the policies that say `grace`. */
  readonly policyGraceDays: number;
  readonly auditorAllowed: boolean;
  readonly emergencyDays: number;
  /** Fingerprint hashes of further hosts, 64 hex digits each. */
  readonly standbyHosts: readonly string[];
  /** The lowest ledger format that the site may write. */
  readonly minFormat: number;
}

export interface ReportTerms {
  /** Days from one receipt, or the license, to the next report. */
  readonly intervalDays: number;
  /** Days after that until it is overdue. */
  readonly graceDays: number;
  /**
   * What an overdue report leads to: `flag` tells it, `no_new_seats` grants none while leases go on, and
   * with `no_seats` they end at their next renewal. Usage is counted in any case.
   */
  readonly overdue: "flag" | "no_new_seats" | "no_seats";
}

type Policy = "flag" | "grace" | "refuse";

interface SealingTerms {
  /** `immediate`: a reply waits until what it tells is sealed. */
  readonly mode: "scheduled" | "immediate";
  /** The longest that usage may wait before it is sealed. */
  readonly maxIntervalMs: Millis;
}

/** Tokens that features draw on together. */
interface PoolTerms {
  readonly name: string;
  readonly tokens: number;
}

/**
 * Terms from plain data, as a YAML reader gives it. Omitted fields have their neutral value;
 * lengths of time may be written `90s`, `15m`, `2h`, `7d`, and dates `2027-01-31`.
 * @throws TermsError `TERMS_FIELD` with the path of the field.
 */
export function decodeTerms(value: unknown): Terms {
  return decodeWith(WRITTEN_TERMS, value, ({ path, problem }) => new TermsError(path, problem));
}

/** Terms inside a license: the same fields, times in milliseconds alone. */
export const SIGNED_TERMS: z.ZodType<Terms> = termsField(SIGNED_FORMS);
// Asked of what is written now, and not of a license: one that was issued before stays one.
const WRITTEN_TERMS: z.ZodType<Terms> = termsField(WRITTEN_FORMS).superRefine((terms, context) => {
  for (const { path, problem } of neverGranted(terms)) {
    context.addIssue({ code: "custom", path: [...path], message: problem });
  }
});

function termsField(forms: TimeForms): z.ZodType<Terms> {
  return mapOf({
    site: lineOfText,
    not_before: forms.start.nullable().default(null),
    not_after: forms.end.nullable().default(null),
    features: listOf(featureField(forms)).default([]),
    pools: listOf(mapOf({ name: productName, tokens: wholeNumber(1, 1_000_000_000) })).default([]),
    meters: listOf(meterField(forms)).default([]),
    sealing: sealingField(forms).default({ mode: "scheduled", maxIntervalMs: minutes(10) }),
    detail: wordOf("totals", "events").default("totals"),
    report: reportField().nullable().default(null),
    clock_policy: wordOf("flag", "grace", "refuse").default("flag"),
    witness_policy: wordOf("flag", "grace", "refuse").default("flag"),
    policy_grace_days: wholeNumber(0, 366).default(0),
    auditor_allowed: flag.default(false),
    emergency_days: wholeNumber(0, 366).default(0),
    standby_hosts: listOf(hex32).default([]),
    min_format: wholeNumber(1, 1_000).default(1),
  })
    .transform(
      (terms): Terms => ({
        site: terms.site,
        notBefore: terms.not_before,
        notAfter: terms.not_after,
        features: terms.features,
        pools: terms.pools,
        meters: terms.meters,
        sealing: terms.sealing,
        detail: terms.detail,
        report: terms.report,
        clockPolicy: terms.clock_policy,
        witnessPolicy: terms.witness_policy,
        policyGraceDays: terms.policy_grace_days,
        auditorAllowed: terms.auditor_allowed,
        emergencyDays: terms.emergency_days,
        standbyHosts: terms.standby_hosts,
        minFormat: terms.min_format,
      }),
    )
    .superRefine((terms, context) => {
      for (const { path, problem } of contradictions(terms)) {
        context.addIssue({ code: "custom", path: [...path], message: problem });
      }
    });
}

/** What `SIGNED_TERMS` decodes: every field, in the order of the specification. */
export function encodeTerms(terms: Terms): object {
  return {
    site: terms.site,
    not_before: terms.notBefore,
    not_after: terms.notAfter,
    features: terms.features.map(encodeFeature),
    pools: terms.pools.map(({ name, tokens }) => ({ name, tokens })),
    meters: terms.meters.map(encodeMeter),
    sealing: { mode: terms.sealing.mode, max_interval: terms.sealing.maxIntervalMs },
    detail: terms.detail,
    report: terms.report && {
      interval_days: terms.report.intervalDays,
      grace_days: terms.report.graceDays,
      // Left out where nothing hangs on it, so that releases without the term read the license too.
      ...(terms.report.overdue === "flag" ? {} : { overdue: terms.report.overdue }),
    },
    clock_policy: terms.clockPolicy,
    witness_policy: terms.witnessPolicy,
    policy_grace_days: terms.policyGraceDays,
    auditor_allowed: terms.auditorAllowed,
    emergency_days: terms.emergencyDays,
    standby_hosts: terms.standbyHosts,
    min_format: terms.minFormat,
  };
}

function sealingField(forms: TimeForms): z.ZodType<SealingTerms> {
  return mapOf({
    mode: wordOf("scheduled", "immediate").default("scheduled"),
    max_interval: forms.span(seconds(10), days(1)).default(minutes(10)),
  }).transform(({ mode, max_interval: maxIntervalMs }) => ({ mode, maxIntervalMs }));
}

function reportField(): z.ZodType<ReportTerms> {
  return mapOf({
    interval_days: wholeNumber(1, 366),
    grace_days: wholeNumber(0, 366).default(0),
    overdue: wordOf("flag", "no_new_seats", "no_seats").default("flag"),
  }).transform(({ interval_days: intervalDays, grace_days: graceDays, overdue }) => ({
    intervalDays,
    graceDays,
    overdue,
  }));
}

interface Contradiction {
  readonly path: readonly (string | number)[];
  readonly problem: string;
}

// What no single field can know.
function* contradictions(terms: Terms): Iterable<Contradiction> {
  if (terms.features.length + terms.meters.length === 0) {
    yield { path: ["features"], problem: "or meters must sell something" };
  }
  if (endsBeforeItStarts(terms.notBefore, terms.notAfter)) {
    yield { path: ["not_after"], problem: "must be after not_before" };
  }
  yield* repeated(
    "features",
    terms.features.map(({ name }) => name),
  );
  yield* repeated(
    "pools",
    terms.pools.map(({ name }) => name),
  );
  yield* repeated(
    "meters",
    terms.meters.map(({ name, period }) => `${name} per ${period}`),
  );
  for (const [index, { tokens }] of terms.features.entries()) {
    if (tokens && !terms.pools.some(({ name }) => name === tokens.pool)) {
      yield {
        path: ["features", index, "tokens", "pool"],
        problem: "names no pool of these terms",
      };
    }
  }
}

// Features of which a single seat costs more than there is.
function* neverGranted({ features, pools }: Terms): Iterable<Contradiction> {
  for (const [index, { tokens }] of features.entries()) {
    const pool = pools.find(({ name }) => name === tokens?.pool);
    if (!tokens || pool === undefined || tokens.cost <= pool.tokens) continue;
    yield {
      path: ["features", index, "tokens", "cost"],
      problem: `must be at most ${pool.tokens}, all that the pool ${pool.name} has: no seat could ever be granted`,
    };
  }
}

function* repeated(list: string, names: readonly string[]): Iterable<Contradiction> {
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index) {
      yield { path: [list, index, "name"], problem: `is listed twice: ${name}` };
    }
  }
}
