import { z } from "zod";
import type { DenialReason } from "../base/denial.ts";
import type { Millis } from "../base/time.ts";
import { messageField, positionField, reasonField, ruleIdField, spanField } from "./fields.ts";
import { HOLDERS_PER_DENIAL } from "./limits.ts";

/** A refusal by license or rule, as the wire says it. */
export interface WireDenial {
  readonly reason: DenialReason;
  /** The feature or meter that was asked for; empty when the request named neither. */
  readonly feature: string;
  /** What the user can do next. */
  readonly hint: string;
  readonly queuePosition?: number;
  readonly retryAfterMs?: Millis;
  /** The rule of the site that decided. */
  readonly ruleId?: string;
  /** Why there is that rule, in the words of the site's administrator. */
  readonly ruleReason?: string;
  /** Who is in the way, as far as the site's rules let that be told. */
  readonly holders?: readonly string[];
}

export const denialSchema: z.ZodType<WireDenial> = z.strictObject({
  reason: reasonField,
  feature: z.string().max(64),
  hint: messageField,
  queuePosition: positionField.exactOptional(),
  retryAfterMs: spanField.exactOptional(),
  ruleId: ruleIdField.exactOptional(),
  ruleReason: messageField.exactOptional(),
  holders: z.array(z.string().min(1).max(128)).max(HOLDERS_PER_DENIAL).exactOptional(),
});
