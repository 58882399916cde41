import { acquire } from "./acquiring.ts";
import { claimOf } from "./claim.ts";
import type { AcquireCommand } from "./command.ts";
import type { Answer, Denial } from "./decision.ts";
import { explainedDenial } from "./denying.ts";
import { refusals } from "./permission.ts";
import type { Refusal } from "./refusal.ts";
import { reservedForEver, roomFor } from "./room.ts";
import type { SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";
import { earmarksBefore, rankOf } from "./waiting-line.ts";

/** What would happen to a request now, and why. */
export interface Explanation {
  readonly answer: Answer;
  /** Everything that stands against it, not only what decides: what is told first comes first. */
  readonly reasons: readonly Denial[];
}

/** Decides the request for real; whoever calls takes it back. */
export function explain(state: SeatState, turn: Turn, asked: AcquireCommand): Explanation {
  const reasons = standingAgainst(state, turn, asked).map((refusal) =>
    explainedDenial(state, turn, asked, refusal),
  );
  return { answer: acquire(state, turn, asked), reasons };
}

function standingAgainst(state: SeatState, turn: Turn, asked: AcquireCommand): readonly Refusal[] {
  const claim = claimOf(asked);
  const lasting = [...refusals(state, turn, claim)];
  const feature = state.feature(asked.feature);
  if (feature === undefined || feature.valid.value.length === 0) return lasting;
  const earmarks = earmarksBefore(state, feature, rankOf(state, feature, asked));
  const room = roomFor(state, feature, claim, earmarks);
  const reserved = reservedForEver(feature, claim);
  const passing = room.kind === "none" ? [reserved ?? room.refusal] : [];
  return [...lasting, ...passing];
}
