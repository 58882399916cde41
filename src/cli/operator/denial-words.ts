import type { DenialReason } from "../../base/denial.ts";
import { CodedError } from "../../base/errors.ts";
import type { SeatDeniedError } from "../../client/index.ts";
import { spanInWords } from "./words.ts";

/** A denial as the wire or the SDK has it. */
interface DenialFacts {
  readonly reason: DenialReason;
  readonly ruleId?: string | undefined;
  readonly ruleReason?: string | undefined;
  readonly queuePosition?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly holders?: readonly string[] | undefined;
}

/** `RESERVED_FOR_OTHERS by rule night: kept for the night shift`. */
export function reasonInWords({ reason, ruleId, ruleReason }: DenialFacts): string {
  if (ruleId === undefined) return reason;
  return `${reason} by rule ${ruleId}${ruleReason === undefined ? "" : `: ${ruleReason}`}`;
}

/** Who has the seats, which place there would be, and when to try again. */
export function prospectsInWords(denial: DenialFacts): readonly string[] {
  const { holders = [], queuePosition, retryAfterMs } = denial;
  return [
    ...(holders.length === 0 ? [] : [`held by ${holders.join(", ")}`]),
    ...(queuePosition === undefined ? [] : [`who waits would be number ${queuePosition}`]),
    ...(retryAfterMs === undefined
      ? []
      : [`a seat may come free in about ${spanInWords(retryAfterMs)}`]),
  ];
}

/** A denial is told with who is in the way and what waiting would bring. */
export function withProspects(error: SeatDeniedError): CodedError {
  const { code, message, hint = "", facts, reason, holders, queuePosition } = error;
  const prospects = prospectsInWords({
    reason,
    holders,
    queuePosition,
    retryAfterMs: error.retryAfter,
  });
  return new CodedError(code, message, { hint: [hint, ...prospects].join("; "), facts });
}
