import type { LeaseId } from "../base/ids.ts";
import { type Millis, unixMillis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { ClientError } from "./errors.ts";
import { type Borrowed, HeldTicket } from "./held-ticket.ts";
import type { KeptTicket } from "./ticket-file.ts";
import { type ProvenTicket, proveTicket, refused, type TicketOwner } from "./ticket-proof.ts";
import type { TicketStore } from "./ticket-store.ts";

/** The tickets of this computer, as they lie on its disk and as far as they prove something here. */
export class TicketShelf {
  readonly #store: TicketStore;
  readonly #owner: TicketOwner;
  readonly #clock: Clock;
  readonly #held = new Map<LeaseId, HeldTicket>();
  /** Why what lies on the disk is of no use here. */
  #refusals: readonly ClientError[] = [];

  constructor(store: TicketStore, owner: TicketOwner, clock: Clock) {
    this.#store = store;
    this.#owner = owner;
    this.#clock = clock;
  }

  get all(): readonly HeldTicket[] {
    return [...this.#held.values()];
  }

  /** What was not given back, the soonest end first. */
  get told(): readonly Borrowed[] {
    return this.all
      .filter(({ kept }) => !kept.isReturned)
      .map((held) => held.told)
      .toSorted((one, other) => one.until - other.until);
  }

  get(lease: LeaseId): HeldTicket | undefined {
    return this.#held.get(lease);
  }

  /**
   * Reads what is on the disk, also what other processes have changed there. A folder that cannot be
   * read is no reason to refuse seats of the network: `whyNot` tells it.
   */
  async load(): Promise<void> {
    const found = await this.#store.all().catch((error: unknown) => {
      if (error instanceof ClientError) return error;
      throw error;
    });
    if (found instanceof ClientError) {
      this.#refusals = [found];
      return;
    }
    const proofs = found.map((kept) => ({ kept, proven: this.#proofOf(kept) }));
    this.#refusals = proofs.flatMap(({ proven }) => (proven instanceof ClientError ? proven : []));
    const there = new Set<LeaseId>();
    for (const { kept, proven } of proofs) {
      if (proven instanceof ClientError) continue;
      there.add(proven.ticket.leaseId);
      this.#know(proven, kept);
    }
    for (const { ticket, unlock } of this.all) {
      if (!there.has(ticket.leaseId) && unlock === undefined) this.#held.delete(ticket.leaseId);
    }
  }

  /** Why nothing can be used without a server; `undefined` where nothing was borrowed. */
  whyNot(feature?: string): ClientError | undefined {
    const held = this.all.filter(
      ({ ticket, kept }) => !kept.isReturned && (feature ?? ticket.feature) === ticket.feature,
    );
    if (held.some(({ left }) => left === 0)) return refused("its time is over");
    if (held.length > 0)
      return refused("another program uses the seat, or it is for fewer seats or another version");
    return this.#refusals[0];
  }

  /** Resolves once it is on the disk. @throws ClientError TICKET_FILE. */
  async keep(proven: ProvenTicket, kept: KeptTicket): Promise<HeldTicket> {
    await this.#store.put(proven.ticket.leaseId, kept);
    return this.#know(proven, kept);
  }

  /** @throws ClientError TICKET_FILE. */
  async drop(lease: LeaseId): Promise<void> {
    this.#held.delete(lease);
    await this.#store.drop(lease);
  }

  /**
   * Keeps what time it is for the ticket, if that is more than `step` later than what was kept before. A
   * disk that is full forgets what was seen, and takes nobody's seat.
   */
  noteSeen(held: HeldTicket, step: Millis): void {
    const seenAt = held.now;
    if (seenAt - held.seenAt <= step) return;
    const latest = (now: KeptTicket): KeptTicket => ({
      ...now,
      seenAt: unixMillis(Math.max(now.seenAt, seenAt)),
    });
    const { noting, ticket } = held;
    held.noted(
      seenAt,
      noting.then(() => this.#store.change(ticket.leaseId, latest)).catch(ignoreClientError),
    );
  }

  /** Signatures are checked once for each text. */
  #proofOf(kept: KeptTicket): ProvenTicket | ClientError {
    const known = this.all.find(
      (held) => held.kept.ticket === kept.ticket && held.kept.license === kept.license,
    );
    if (known !== undefined) return known.proven;
    try {
      return proveTicket(kept, this.#owner);
    } catch (error) {
      if (error instanceof ClientError) return error;
      throw error;
    }
  }

  /** A ticket with a later end takes the place of the one before, and its user goes on with it. */
  #know(proven: ProvenTicket, kept: KeptTicket): HeldTicket {
    const { leaseId } = proven.ticket;
    const known = this.#held.get(leaseId);
    if (known !== undefined && JSON.stringify(known.kept) === JSON.stringify(kept)) return known;
    const held = known ?? new HeldTicket(proven, kept, this.#clock);
    held.follow(proven, kept);
    this.#held.set(leaseId, held);
    return held;
  }
}

function ignoreClientError(error: unknown): undefined {
  if (!(error instanceof ClientError)) throw error;
}
