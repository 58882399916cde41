import { claimOf } from "./claim.ts";
import type { AcquireCommand } from "./command.ts";
import type { Earmarks } from "./earmarks.ts";
import type { Feature } from "./feature.ts";
import { endLease, grantSeats } from "./holding.ts";
import type { Lease } from "./lease.ts";
import type { Refusal } from "./refusal.ts";
import { roomFor } from "./room.ts";
import { lingeringFor, sharedBy } from "./seat-mates.ts";
import type { SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** A lease, or why there is no seat for it at present. */
export type Taken =
  | {
      readonly kind: "granted";
      readonly lease: Lease /** Nobody had to wait longer for it. */;
      readonly isOwn: boolean;
    }
  | { readonly kind: "none"; readonly refusal: Refusal };

/**
 * Grants a permitted request if there is a seat: one that its holder has already, by sharing or
 * because it lingers, or else a free one beside those that are kept for others.
 */
export function takeSeats(
  state: SeatState,
  turn: Turn,
  feature: Feature,
  asked: AcquireCommand,
  earmarks: Earmarks,
): Taken {
  const own = takeOwnSeats(state, turn, feature, asked);
  if (own !== undefined) return { kind: "granted", lease: own, isOwn: true };
  const room = roomFor(state, feature, claimOf(asked), earmarks);
  if (room.kind === "none") return room;
  const lease = grantSeats(state, turn, feature, asked, room.kind);
  return { kind: "granted", lease, isOwn: false };
}

function takeOwnSeats(
  state: SeatState,
  turn: Turn,
  feature: Feature,
  asked: AcquireCommand,
): Lease | undefined {
  const claim = claimOf(asked);
  if (sharedBy(state, feature, claim) !== undefined) {
    return grantSeats(state, turn, feature, asked, "shared");
  }
  const lingering = lingeringFor(state, feature, claim);
  if (lingering === undefined) return undefined;
  state.occupancy.take(feature, lingering);
  const room = roomFor(state, feature, claim);
  state.occupancy.put(feature, lingering);
  // After the licenses shrank, even the holder's own seat may be one too many.
  if (room.kind === "none") return undefined;
  endLease(state, turn, lingering, "released", "holder");
  return grantSeats(state, turn, feature, asked, room.kind);
}
