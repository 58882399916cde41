import { between, type Moment } from "../base/time.ts";
import type { Feature } from "./feature.ts";
import { byAge } from "./lease.ts";
import { waitFor } from "./prospects.ts";
import type { SeatState } from "./state.ts";
import type {
  FeatureView,
  NamedListView,
  SeatSummary,
  SeatView,
  TokenView,
  WaiterView,
} from "./view.ts";

/** What `status` needs; cheap, whatever the number of leases. */
export function viewFeatures(state: SeatState): readonly FeatureView[] {
  return state.features.value
    .map((feature) => ({ feature, used: state.occupancy.seats(feature) }))
    .filter(({ feature, used }) => feature.pool.value !== undefined || used > 0)
    .map(({ feature, used }) => {
      const { licensed } = feature;
      return {
        name: feature.name,
        seats: licensed,
        overdraftSeats: feature.seatsInAll - licensed,
        used,
        free: Math.max(0, licensed - used),
        overdraft: Math.max(0, used - licensed),
        borrowed: state.occupancy.borrowed(feature),
        queued: feature.queue.value.length,
        tokens: feature.pool.value?.tokens ?? null,
      };
    });
}

/** All but the leases. Costs a pass over those who wait. */
export function viewSummary(state: SeatState, now: Moment): SeatSummary {
  return {
    features: viewFeatures(state),
    queue: state.features.value.flatMap((feature) => viewQueue(state, feature, now)),
    meters: state.metering.view(now.wall),
    tokens: viewTokens(state),
  };
}

/** Everything. Costs a pass over all leases. */
export function viewSeats(state: SeatState, now: Moment): SeatView {
  return {
    ...viewSummary(state, now),
    leases: [...state.leases.values()].toSorted(byAge),
    named: viewNamed(state, now),
  };
}

function viewQueue(state: SeatState, feature: Feature, now: Moment): readonly WaiterView[] {
  let seats = 0;
  return feature.queue.value.flatMap((requestKey, index) => {
    const waiter = state.waiter(requestKey);
    if (waiter === undefined) return [];
    const { by, key, count } = waiter.asked;
    seats += count;
    const expectedWait = waitFor(state, now.mono, feature, seats);
    const { client, instance, user, host } = by;
    const { priority, overtaken } = waiter;
    const waited = between(waiter.since, now.mono);
    const connected = waiter.awayUntil === undefined;
    const place = { feature: feature.name, position: index + 1, priority, overtaken, key, count };
    return [{ ...place, client, instance, user, host, waited, expectedWait, connected }];
  });
}

function viewTokens(state: SeatState): readonly TokenView[] {
  return [...state.tokens.value]
    .map(([name, tokens]) => {
      const used = state.occupancy.tokens(name);
      return { name, tokens, used, free: Math.max(0, tokens - used) };
    })
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

function viewNamed(state: SeatState, now: Moment): readonly NamedListView[] {
  return state.features.value.flatMap(({ name, pool }) => {
    const terms = pool.value?.namedUsers;
    if (!terms) return [];
    const changesLeft = terms.changesPerMonth - state.naming.changesIn(name, now.wall);
    const users = state.naming
      .list(name)
      .map(({ user, since }, place) => ({ user, since, counts: place < terms.max }));
    return [{ feature: name, max: terms.max, users, changesLeft: Math.max(0, changesLeft) }];
  });
}
