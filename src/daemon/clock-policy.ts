import { days, type UnixMillis, unixMillis } from "../base/time.ts";
import type { ClockTrust } from "../clock/watch.ts";
import type { License } from "../license/license.ts";
import { isInForce } from "../license/license-checks.ts";
import type { Terms } from "../license/terms.ts";
import type { Withholding } from "../seats/terms.ts";

/**
 * What the licenses that hold at `now` make of a suspect wall clock. Seats that are held go on: they run
 * on the clock that cannot be set, so a wrong one gives them nothing, and nobody loses work by it.
 */
export function withheldByClock(
  licenses: readonly License[],
  trust: ClockTrust,
  now: UnixMillis,
): readonly Withholding[] {
  if (trust.kind === "trusted") return [];
  return licenses
    .filter((license) => isInForce(license, now))
    .flatMap(({ terms }): readonly Withholding[] => {
      const from = refusedFrom(terms, trust.since);
      return from === undefined ? [] : [{ reason: "CLOCK_SUSPECT", from, seats: "new" }];
    })
    .toSorted((one, other) => one.from - other.from);
}

function refusedFrom(
  { clockPolicy, policyGraceDays }: Terms,
  since: UnixMillis,
): UnixMillis | undefined {
  switch (clockPolicy) {
    case "flag":
      return undefined;
    case "grace":
      return unixMillis(since + days(policyGraceDays));
    case "refuse":
      return since;
  }
}
