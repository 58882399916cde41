import { days, type Millis, type UnixMillis, unixMillis } from "../base/time.ts";
import type { License } from "../license/license.ts";
import { featureValidity, meterValidity } from "../license/license-checks.ts";

/** Something that was sold and will soon end, or is in its grace. */
export interface Expiry {
  readonly licenseId: string;
  /** The features, or meters, that end together. */
  readonly names: readonly string[];
  readonly endsAt: UnixMillis;
  /** Until when it is granted all the same; null without grace. */
  readonly graceUntil: UnixMillis | null;
  /** The warning that is due: so many days before the end at most; 0 in grace. */
  readonly stage: number;
}

/** Days before the end. The last that is reached counts. */
const STAGES: readonly number[] = [1, 7, 30];

/** What of these licenses ends within 30 days and has not ended for good, the soonest first. */
export function expiriesOf(licenses: readonly License[], now: UnixMillis): readonly Expiry[] {
  return licenses
    .flatMap((license) => endingsOf(license))
    .flatMap((ending) => {
      const stage = stageOf(ending, now);
      return stage === undefined ? [] : [{ ...ending, stage }];
    })
    .toSorted((one, other) => one.endsAt - other.endsAt);
}

/** Which warnings have been given; each is given once in the life of the daemon. */
export class GivenWarnings {
  readonly #given: Set<string> = new Set();

  /** Those that have not been given yet; they count as given from now on. */
  fresh(expiries: readonly Expiry[]): readonly Expiry[] {
    return expiries.filter(({ licenseId, endsAt, stage }) => {
      const name = `${licenseId} ${endsAt} ${stage}`;
      if (this.#given.has(name)) return false;
      this.#given.add(name);
      return true;
    });
  }
}

type Ending = Omit<Expiry, "stage">;

function endingsOf({ licenseId, terms }: License): readonly Ending[] {
  const endings = new Map<string, Ending>();
  const add = (name: string, endsAt: UnixMillis, graceUntil: UnixMillis | null): void => {
    const key = `${endsAt} ${graceUntil}`;
    const names = [...(endings.get(key)?.names ?? []), name];
    endings.set(key, { licenseId, names, endsAt, graceUntil });
  };
  for (const feature of terms.features) {
    const last = featureValidity(terms, feature).endsAt;
    if (last === null) continue;
    const endsAt = unixMillis(Math.min(last, feature.expiresAt ?? last));
    add(feature.name, endsAt, endsAt < last ? last : null);
  }
  for (const meter of terms.meters) {
    const { endsAt } = meterValidity(terms);
    if (endsAt !== null) add(meter.name, endsAt, null);
  }
  return [...endings.values()];
}

function stageOf({ endsAt, graceUntil }: Ending, now: UnixMillis): number | undefined {
  if (now >= endsAt) return graceUntil !== null && now < graceUntil ? 0 : undefined;
  return STAGES.find((stage) => within(days(stage), endsAt, now));
}

const within = (span: Millis, endsAt: UnixMillis, now: UnixMillis): boolean => endsAt - now <= span;
