import type { StoredLease } from "../../../src/seats/lease.ts";
import type { WaiterView } from "../../../src/seats/view.ts";
import { expectAbove, expectWithin, type Seen } from "./laws.ts";

interface Watched {
  /** Grants that came to later requests while this one waited. */
  overtaken: number;
  readonly arrived: number;
}

/**
 * Counts how often who waits is overtaken, in its own way. No starvation: a request sees later ones
 * go first a limited number of times, and only ones of higher priority, however many seats it
 * wants. Watched where seats are all alike and nobody has some aside: there overtaking takes away.
 */
export class OvertakingWitness {
  readonly #limit: number;
  #waiting: Map<string, Watched> = new Map();
  #arrivals = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The queue is not kept over a restart. */
  seeRestart(): void {
    this.#waiting = new Map();
  }

  see({ command, decision, before, after, terms }: Seen): void {
    if (command.kind === "terms") this.#waiting = new Map();
    const isPlain = terms.rules.reserve.length === 0 && terms.tokens.length === 0;
    for (const change of decision.changes) {
      if (change.kind === "lease-granted" && change.lease.feature === "cad.pro" && isPlain)
        this.#count(change.lease, before.queue, after.queue);
    }
    this.#meet(after.queue);
  }

  #count(lease: StoredLease, before: readonly WaiterView[], after: readonly WaiterView[]): void {
    const arrived = this.#waiting.get(nameOf(lease))?.arrived ?? Infinity;
    const own = before.find((waiter) => nameOf(waiter) === nameOf(lease));
    const priority = own?.priority ?? (lease.groups.includes("leads") ? 10 : 0);
    for (const waiter of after) {
      const watched = this.#waiting.get(nameOf(waiter));
      if (watched === undefined || waiter.feature !== lease.feature || !waiter.connected) continue;
      if (watched.arrived > arrived) continue;
      expectAbove(priority, waiter.priority);
      watched.overtaken += 1;
      expectWithin(watched.overtaken, this.#limit);
    }
  }

  #meet(queue: readonly WaiterView[]): void {
    const waiting = new Map<string, Watched>();
    for (const waiter of queue) {
      const known = this.#waiting.get(nameOf(waiter));
      waiting.set(nameOf(waiter), known ?? { overtaken: 0, arrived: (this.#arrivals += 1) });
    }
    this.#waiting = waiting;
  }
}

const nameOf = ({ client, key }: StoredLease | WaiterView): string => `${client} ${key}`;
