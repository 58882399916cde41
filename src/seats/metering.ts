import { DENIAL_HINTS, type DenialReason } from "../base/denial.ts";
import { type UnixMillis, unixMillis } from "../base/time.ts";
import type { UsageRecord } from "./command.ts";
import type { RecordResult } from "./decision.ts";
import { type DenialMemory, UNLICENSED_NAME } from "./denial-memory.ts";
import { type Journal, JournaledMap, Slot } from "./journal.ts";
import type { Caller } from "./lease.ts";
import {
  addUpMeters,
  longestLateLimit,
  type MeterRules,
  type PeriodAt,
  periodsIn,
  warningAt,
} from "./meter-rules.ts";
import type { MeterTotal } from "./snapshot.ts";
import type { MeterRule, SeatLimits } from "./terms.ts";
import type { Turn } from "./turn.ts";
import { UsageKeys } from "./usage-keys.ts";
import type { MeterView } from "./view.ts";

/**
 * Counts units against quotas, each record once. A late record counts in the period of its use, and
 * a refund lowers the period of the use that it gives back.
 */
export class Metering {
  readonly keys: UsageKeys;
  readonly rules: Slot<MeterRules>;
  readonly #limits: SeatLimits;
  readonly #denials: DenialMemory;
  readonly #totals: JournaledMap<string, number>;
  readonly #periodAt: PeriodAt;

  constructor(journal: Journal, limits: SeatLimits, denials: DenialMemory) {
    this.keys = new UsageKeys(journal);
    this.rules = new Slot<MeterRules>(journal, new Map());
    this.#limits = limits;
    this.#denials = denials;
    this.#totals = new JournaledMap(journal);
    this.#periodAt = periodsIn(limits.timeZone);
  }

  setRules(rules: readonly MeterRule[]): void {
    this.rules.set(addUpMeters(rules));
  }

  restore({ meter, period, total }: MeterTotal): void {
    this.#totals.set(totalKey(meter, period), total);
  }

  /** @param licensed whether there is any license at all. */
  record(turn: Turn, by: Caller, record: UsageRecord, licensed: boolean): RecordResult {
    const { key, meter, units } = record;
    if (!Number.isSafeInteger(units) || units < 1) throw new RangeError(`not units: ${units}`);
    if (this.keys.isCounted(by.client, key)) return { kind: "repeated", key };
    const rules = this.rules.value.get(meter) ?? [];
    const refusal = this.#refusal(turn, by, record, rules, licensed);
    if (refusal !== undefined) {
      const name = rules.length === 0 ? UNLICENSED_NAME : meter;
      this.#denials.record(turn, by, name, refusal.reason);
      return { kind: "denied", key, denial: { feature: meter, ...refusal } };
    }
    this.#count(turn, by, record, rules);
    return { kind: "counted", key };
  }

  /** The moment before which keys may be forgotten: no record that old would be accepted again. */
  keysNeededFrom(wall: UnixMillis): UnixMillis {
    const span = longestLateLimit([...this.rules.value.values()].flat()) + this.#limits.clockSkew;
    return unixMillis(Math.max(0, wall - span, this.keys.forgottenBefore));
  }

  view(wall: UnixMillis): readonly MeterView[] {
    return [...this.rules.value.values()].flat().map(({ name, unit, period, quota }) => {
      const used = this.#totalOf(name, this.#periodAt(period, wall));
      return { name, unit, period, quota, used, warning: warningAt(used, quota) };
    });
  }

  #refusal(
    turn: Turn,
    by: Caller,
    { kind, units, usedAt }: UsageRecord,
    rules: readonly MeterRule[],
    licensed: boolean,
  ): { reason: DenialReason; hint: string } | undefined {
    const { wall } = turn.now;
    if (!licensed) return refused("NO_LICENSE");
    if (rules.length === 0) return refused("NOT_LICENSED_FEATURE");
    if (usedAt > wall + this.#limits.clockSkew) return refused("CLOCK_SUSPECT");
    if (kind === "refund" && !rules.every(({ refunds }) => refunds))
      return refused("REFUND_NOT_ALLOWED");
    if (usedAt < this.#oldestUse(wall, rules)) return refused("USAGE_TOO_LATE");
    if (this.keys.countOf(by.client) >= this.#limits.usageKeysPerClient)
      return refused("USAGE_KEYS_FULL");
    const used = unixMillis(Math.min(usedAt, wall));
    if (kind === "refund") return this.#refundRefusal(rules, used, units);
    const fits = rules.every((rule) => this.#hasQuota(rule, used, units));
    return fits ? undefined : refused("QUOTA_EXHAUSTED");
  }

  /** Nobody gives back more than was used in the period: a total below zero would be a credit. */
  #refundRefusal(
    rules: readonly MeterRule[],
    used: UnixMillis,
    units: number,
  ): { reason: DenialReason; hint: string } | undefined {
    for (const { name, period } of rules) {
      const at = this.#periodAt(period, used);
      const total = this.#totalOf(name, at);
      if (total >= units) continue;
      const when = { total: "in all", day: `on ${at}`, month: `in ${at}` }[period];
      const hint = `${total} units were used ${when}; give back no more than that`;
      return { reason: "REFUND_TOO_MUCH", hint };
    }
    return undefined;
  }

  /**
   * Older uses are refused. Not only by the late limit: where keys were forgotten under a shorter
   * limit, a repetition could no longer be told from a first record.
   */
  #oldestUse(wall: UnixMillis, rules: readonly MeterRule[]): number {
    const { forgottenBefore } = this.keys;
    const known = forgottenBefore === 0 ? 0 : forgottenBefore + this.#limits.clockSkew;
    return Math.max(wall - longestLateLimit(rules), known);
  }

  #hasQuota(
    { name, period, quota, overdraft }: MeterRule,
    used: UnixMillis,
    units: number,
  ): boolean {
    const total = this.#totalOf(name, this.#periodAt(period, used)) + units;
    if (!Number.isSafeInteger(total)) return false;
    return quota === null || overdraft === "allow" || total <= quota;
  }

  #count(turn: Turn, by: Caller, record: UsageRecord, rules: readonly MeterRule[]): void {
    const { kind, meter, units, key } = record;
    const { wall } = turn.now;
    const usedAt = unixMillis(Math.min(record.usedAt, wall));
    for (const rule of rules) {
      const period = this.#periodAt(rule.period, usedAt);
      const before = this.#totalOf(meter, period);
      const total = kind === "use" ? before + units : before - units;
      if (kind === "use") warn(turn, by, rule, before, total);
      this.#totals.set(totalKey(meter, period), total);
      turn.changes.push({ kind: "meter-counted", meter, period, total });
    }
    this.keys.remember({ client: by.client, key, wall });
    turn.changes.push({ kind: "usage-key", client: by.client, key, wall });
    turn.events.push({
      type: kind === "use" ? "usage" : "refund",
      wall,
      meter,
      units,
      usedAt,
      user: by.user,
      client: by.client,
    });
  }

  #totalOf(meter: string, period: string): number {
    return this.#totals.get(totalKey(meter, period)) ?? 0;
  }
}

/** Said to whoever used the units that reached the mark, once. */
function warn(turn: Turn, by: Caller, rule: MeterRule, before: number, used: number): void {
  const { name: meter, period, quota } = rule;
  const percent = warningAt(used, quota);
  if (quota === null || percent === undefined || percent === warningAt(before, quota)) return;
  const { client, instance } = by;
  turn.notices.push({ kind: "quota", client, instance, meter, period, quota, used, percent });
}

const totalKey = (meter: string, period: string): string => `${period} ${meter}`;

function refused(reason: DenialReason): { reason: DenialReason; hint: string } {
  return { reason, hint: DENIAL_HINTS[reason] };
}
