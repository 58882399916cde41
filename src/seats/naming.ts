import type { Command } from "./command.ts";
import type { Answer } from "./decision.ts";
import { plainDenial } from "./denying.ts";
import type { SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Changes the list of named users, as far as the license lets the site do that. */
export function editNames(
  state: SeatState,
  turn: Turn,
  { kind, feature, user }: Extract<Command, { readonly kind: "name-user" | "unname-user" }>,
): Answer {
  const terms = state.feature(feature)?.pool.value?.namedUsers;
  if (!terms) {
    const hint = "no license of this feature is for named users; check its spelling";
    return {
      kind: "denied",
      denial: plainDenial({ reason: "NOT_LICENSED_FEATURE", hint }, feature),
    };
  }
  const outcome =
    kind === "name-user"
      ? state.naming.name(turn, feature, user, terms)
      : state.naming.unname(turn, feature, user, terms);
  return "kind" in outcome ? outcome : { kind: "denied", denial: plainDenial(outcome, feature) };
}
