import {
  days,
  type Millis,
  type Moment,
  type MonoMillis,
  millis,
  monoMillis,
  type UnixMillis,
} from "../base/time.ts";
import { leaseAt, type StoredLease } from "./lease.ts";
import { setTerms } from "./licensing.ts";
import type { SeatSnapshot } from "./snapshot.ts";
import { requestKey, SeatState } from "./state.ts";
import type { SeatLimits, SeatTerms } from "./terms.ts";
import { newTurn } from "./turn.ts";

/**
 * The state after a restart. Every stored lease gets one lease time of grace from `now`. Wall
 * clock moments become monotonic ones by their age; a moment in the future has no age.
 */
export function restoreState(
  snapshot: SeatSnapshot,
  terms: SeatTerms,
  limits: SeatLimits,
  now: Moment,
): SeatState {
  const state = new SeatState(limits);
  for (const total of snapshot.meters) state.metering.restore(total);
  for (const key of snapshot.usageKeys.toSorted((one, other) => one.wall - other.wall)) {
    state.metering.keys.remember(key);
  }
  state.naming.restore(snapshot.namedUsers, snapshot.namingCounts);
  state.metering.keys.forgetBefore(snapshot.usageKeysForgottenBefore ?? 0);
  if (snapshot.lastCut !== null) state.seatTime.cut(monoAt(snapshot.lastCut, now));
  const leaseTimes = new Map(terms.pools.map(({ name, leaseTime }) => [name, leaseTime]));
  state.journal.silently(() => {
    for (const stored of snapshot.leases) {
      const leaseTime = Math.max(stored.leaseTime, leaseTimes.get(stored.feature) ?? 0);
      restoreLease(state, snapshot, stored, millis(leaseTime), now);
    }
  });
  for (const event of snapshot.uncounted) {
    // Its last license and lease may be gone.
    if (event.type === "grant" || event.type === "end") state.featureOrNew(event.feature);
  }
  // Nobody has been told anything of this state yet, so nothing of it can be taken back.
  state.journal.silently(() => setTerms(state, newTurn(now), terms));
  state.hours.recount(snapshot.uncounted);
  state.journal.keep();
  return state;
}

function restoreLease(
  state: SeatState,
  snapshot: SeatSnapshot,
  stored: StoredLease,
  leaseTime: Millis,
  now: Moment,
): void {
  const { grantedAt, seatSince, borrowed, lingersUntil } = stored;
  const lease = leaseAt(stored, {
    instance: stored.instance,
    groups: stored.groups,
    leaseTime,
    overdraft: stored.overdraft,
    seatSince,
    borrowed,
    lingersUntil,
    startedAt: monoAt(grantedAt, now),
    seatFrom: seatSince === null ? null : monoAt(seatSince, now),
    expiresAt: monoMillis(now.mono + restOf(stored, leaseTime, now)),
    activeAt: now.mono,
    idleAt: null,
    restored: true,
  });
  state.featureOrNew(lease.feature);
  state.leases.set(lease.id, lease);
  // What lingers needs nobody to come back for it: it was in use all the time.
  if (lingersUntil !== null) return;
  const key = requestKey(lease.client, lease.key);
  state.setRequest(lease.client, key, { kind: "leased", lease: lease.id });
  // Nor does a borrowed one.
  if (borrowed !== null) return;
  state.seatTime.restored(lease, sureUntil(snapshot, lease, now));
}

/** However the wall clock has jumped meanwhile, no seat stays away for longer than was agreed. */
function restOf(
  { borrowed, lingersUntil }: StoredLease,
  leaseTime: Millis,
  { wall }: Moment,
): number {
  if (lingersUntil !== null) {
    return Math.min(lingersUntil - wall, Math.max(leaseTime, LONGEST_LINGER));
  }
  if (borrowed === null) return leaseTime;
  return Math.min(borrowed.until - wall, borrowed.until - borrowed.from);
}

const LONGEST_LINGER: Millis = days(1);

/** Nobody can have renewed after the process was last alive, so one lease time later it was over. */
function sureUntil(
  { lastAlive, lastCut }: SeatSnapshot,
  { grantedAt, leaseTime }: { readonly grantedAt: UnixMillis; readonly leaseTime: Millis },
  now: Moment,
): MonoMillis {
  const alive = Math.max(
    monoAt(grantedAt, now),
    ...[lastAlive, lastCut].filter((wall) => wall !== null).map((wall) => monoAt(wall, now)),
  );
  return monoMillis(alive + leaseTime);
}

function monoAt(wall: UnixMillis, now: Moment): MonoMillis {
  return monoMillis(now.mono - Math.max(0, now.wall - wall));
}
