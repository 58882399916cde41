import type { Pseudonym } from "../base/identity.ts";
import { isoTime, type UnixMillis } from "../base/time.ts";
import type { Answer } from "./decision.ts";
import { type Journal, JournaledMap } from "./journal.ts";
import type { Refusal } from "./refusal.ts";
import type { NamedUser, NamingCount } from "./snapshot.ts";
import type { NamedUserTerms } from "./terms.ts";
import type { Turn } from "./turn.ts";

/**
 * The site's lists of named users. Putting somebody on the list is free while there is room; taking
 * somebody off is what the license limits per month, as it makes room for another.
 */
export class NamedUsers {
  /** Per feature, those who were named first in front. */
  readonly #lists: JournaledMap<string, readonly NamedUser[]>;
  /** Changes made, per feature and month. */
  readonly #changes: JournaledMap<string, number>;

  constructor(journal: Journal) {
    this.#lists = new JournaledMap(journal);
    this.#changes = new JournaledMap(journal);
  }

  restore(users: readonly NamedUser[], counts: readonly NamingCount[]): void {
    for (const named of users) this.#put(named);
    for (const { feature, month, changes } of counts) {
      this.#changes.set(countKey(feature, month), changes);
    }
  }

  list(feature: string): readonly NamedUser[] {
    return this.#lists.get(feature) ?? [];
  }

  /** Whether the user is among the first so many of the list: a license may have shrunk. */
  isNamed(feature: string, user: Pseudonym, { max }: NamedUserTerms): boolean {
    const place = this.list(feature).findIndex((named) => named.user === user);
    return place !== -1 && place < max;
  }

  /** Done again it is done still. */
  name(turn: Turn, feature: string, user: Pseudonym, terms: NamedUserTerms): Answer | Refusal {
    const list = this.list(feature);
    if (list.some((named) => named.user === user)) return UNCHANGED;
    if (list.length >= terms.max) {
      return {
        reason: "NAMED_USERS_FULL",
        hint: `the license names ${terms.max} users; take one off first`,
      };
    }
    const named = { feature, user, since: turn.now.wall };
    this.#put(named);
    turn.changes.push({ kind: "user-named", ...named });
    turn.events.push({ type: "naming", wall: turn.now.wall, feature, user, change: "named" });
    return CHANGED;
  }

  /** Done again it is done still. */
  unname(turn: Turn, feature: string, user: Pseudonym, terms: NamedUserTerms): Answer | Refusal {
    const list = this.list(feature);
    if (list.every((named) => named.user !== user)) return UNCHANGED;
    const month = isoTime(turn.now.wall).slice(0, 7);
    const changes = this.changesIn(feature, turn.now.wall) + 1;
    if (changes > terms.changesPerMonth) {
      const hint = `the license allows ${terms.changesPerMonth} a month; wait for the next`;
      return { reason: "NAMED_USERS_FIXED", hint };
    }
    this.#changes.set(countKey(feature, month), changes);
    this.#lists.set(
      feature,
      list.filter((named) => named.user !== user),
    );
    turn.changes.push({ kind: "user-unnamed", feature, user, month, changes });
    turn.events.push({ type: "naming", wall: turn.now.wall, feature, user, change: "unnamed" });
    return CHANGED;
  }

  /** Changes made in the month of `wall`. */
  changesIn(feature: string, wall: UnixMillis): number {
    return this.#changes.get(countKey(feature, isoTime(wall).slice(0, 7))) ?? 0;
  }

  #put(named: NamedUser): void {
    this.#lists.set(named.feature, [...this.list(named.feature), named].toSorted(bySeniority));
  }
}

const CHANGED: Answer = { kind: "listed", changed: true };
const UNCHANGED: Answer = { kind: "listed", changed: false };

const countKey = (feature: string, month: string): string => `${month} ${feature}`;

function bySeniority(one: NamedUser, other: NamedUser): number {
  return one.since - other.since || (one.user < other.user ? -1 : 1);
}
