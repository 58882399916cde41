import type { z } from "zod";
import { days, type Millis, millis } from "../base/time.ts";
import { flag, mapOf, productName, wholeNumber, wordOf } from "./fields.ts";
import type { TimeForms } from "./time-forms.ts";

/** Units of one meter. Rules of one name and different periods hold side by side. */
export interface MeterTerms {
  readonly name: string;
  readonly unit: string;
  /** Prepaid units per period; null for no limit. */
  readonly quota: number | null;
  /** Days and months are those of the site's time zone. */
  readonly period: "total" | "day" | "month";
  /** Whether units above the quota are refused or counted. */
  readonly overdraft: "deny" | "allow";
  /** How long after its use a record is still accepted. */
  readonly lateLimitMs: Millis;
  /** Whether used units may be given back. */
  readonly refunds: boolean;
}

/** `lateLimitMs` where the terms say nothing. */
export const USUAL_LATE_LIMIT: Millis = days(7);

export function meterField(forms: TimeForms): z.ZodType<MeterTerms> {
  return mapOf({
    name: productName,
    unit: productName,
    quota: wholeNumber(0, Number.MAX_SAFE_INTEGER).nullable().default(null),
    period: wordOf("total", "day", "month").default("total"),
    overdraft: wordOf("deny", "allow").default("deny"),
    late_limit: forms.span(millis(0), days(366)).default(USUAL_LATE_LIMIT),
    refunds: flag.default(false),
  }).transform(
    (meter): MeterTerms => ({
      name: meter.name,
      unit: meter.unit,
      quota: meter.quota,
      period: meter.period,
      overdraft: meter.overdraft,
      lateLimitMs: meter.late_limit,
      refunds: meter.refunds,
    }),
  );
}

/** What `meterField` decodes. */
export function encodeMeter(meter: MeterTerms): object {
  return {
    name: meter.name,
    unit: meter.unit,
    quota: meter.quota,
    period: meter.period,
    overdraft: meter.overdraft,
    late_limit: meter.lateLimitMs,
    refunds: meter.refunds,
  };
}
