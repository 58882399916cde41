import type { Happening } from "./workstation-plan.ts";

/** What the workstations saw happen to one feature. */
interface FeatureTally {
  readonly grants: number;
  readonly denials: number;
  /** Seat time of those who told when they gave their seat back. */
  readonly seatMillis: number;
}

/** What the workstations themselves counted, to hold against the vendor's report. */
export interface Tally {
  readonly features: ReadonlyMap<string, FeatureTally>;
  /** Denials of the meter count under its name. */
  readonly units: ReadonlyMap<string, number>;
}

export function tallyOf(happenings: readonly Happening[]): Tally {
  const features = new Map<string, FeatureTally>();
  const units = new Map<string, number>();
  for (const each of happenings) {
    const before = features.get(each.what) ?? { grants: 0, denials: 0, seatMillis: 0 };
    if (each.event === "granted") features.set(each.what, { ...before, grants: before.grants + 1 });
    if (each.event === "denied")
      features.set(each.what, { ...before, denials: before.denials + 1 });
    if (each.event === "released") {
      features.set(each.what, { ...before, seatMillis: before.seatMillis + (each.heldMs ?? 0) });
    }
    if (each.event === "used")
      units.set(each.what, (units.get(each.what) ?? 0) + (each.units ?? 0));
  }
  return { features, units };
}
