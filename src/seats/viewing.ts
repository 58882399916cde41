import { between, type Moment } from "../base/time.ts";
import type { Feature } from "./feature.ts";
import { byAge } from "./lease.ts";
import type { SeatState } from "./state.ts";
import type { FeatureView, SeatView, WaiterView } from "./view.ts";

/** What `status` needs; cheap, whatever the number of leases. */
export function viewFeatures(state: SeatState): readonly FeatureView[] {
  return state.features.value
    .filter((feature) => feature.pool.value !== undefined || feature.seatsUsed > 0)
    .map((feature) => {
      const { seats, withOverdraft } = feature.capacity.value;
      const licensed = seats[0] ?? 0;
      const used = feature.seatsUsed;
      return {
        name: feature.name,
        seats: licensed,
        overdraftSeats: (withOverdraft[0] ?? 0) - licensed,
        used,
        free: Math.max(0, licensed - used),
        overdraft: Math.max(0, used - licensed),
        queued: feature.queue.value.length,
      };
    });
}

/** Everything. Costs a pass over all leases. */
export function viewSeats(state: SeatState, now: Moment): SeatView {
  return {
    features: viewFeatures(state),
    leases: [...state.leases.values()].toSorted(byAge),
    queue: state.features.value.flatMap((feature) => viewQueue(state, feature, now)),
    meters: state.metering.view(now.wall),
  };
}

function viewQueue(state: SeatState, feature: Feature, now: Moment): readonly WaiterView[] {
  return feature.queue.value.flatMap((requestKey, index) => {
    const waiter = state.waiter(requestKey);
    if (waiter === undefined) return [];
    const { by, key, count } = waiter.asked;
    const { client, instance, user, host } = by;
    const waited = between(waiter.since, now.mono);
    const connected = waiter.awayUntil === undefined;
    const place = { feature: feature.name, position: index + 1, key, count, waited, connected };
    return [{ ...place, client, instance, user, host }];
  });
}
