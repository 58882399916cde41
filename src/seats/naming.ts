import type { Command } from "./command.ts";
import type { Answer } from "./decision.ts";
import { plainDenial } from "./denying.ts";
import { dropTheHopeless } from "./hopeless.ts";
import type { SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Changes the list of named users, as far as the license lets the site do that. */
export function editNames(
  state: SeatState,
  turn: Turn,
  { kind, feature, user }: Extract<Command, { readonly kind: "name-user" | "unname-user" }>,
): Answer {
  const named = state.feature(feature);
  const terms = named?.pool.value?.namedUsers;
  if (!named || !terms) {
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
  if (!("kind" in outcome)) return { kind: "denied", denial: plainDenial(outcome, feature) };
  // Who is off the list may be in the queue, and would be given a seat there.
  dropTheHopeless(state, turn, named);
  return outcome;
}
