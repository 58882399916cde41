import type { LeaseId } from "../base/ids.ts";
import { unixMillis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { LEASES_PER_REQUEST } from "../protocol/limits.ts";
import type { BorrowResult, RenewResult } from "../protocol/results.ts";
import { freshNonce } from "./acquisition.ts";
import { againOf, type BorrowWish, borrowParams, isAnswer } from "./borrow-request.ts";
import { BorrowRefusedError, ClientError, SeatDeniedError } from "./errors.ts";
import type { HeldTicket } from "./held-ticket.ts";
import type { Link } from "./link.ts";
import type { Session } from "./session.ts";
import { proveTicket, refused, type TicketOwner } from "./ticket-proof.ts";
import type { TicketShelf } from "./ticket-shelf.ts";

export interface TicketRequestsParts {
  readonly link: Link;
  readonly clock: Clock;
  readonly owner: TicketOwner;
  readonly shelf: TicketShelf;
}

/** `pending` where the daemon will be told at the next connection. */
export type ReturnOutcome = "returned" | "pending";

/** What this computer asks and tells a daemon about borrowed seats, and what the shelf keeps of it. */
export class TicketRequests {
  readonly #parts: TicketRequestsParts;

  constructor(parts: TicketRequestsParts) {
    this.#parts = parts;
  }

  /** @throws SeatDeniedError; ClientError TICKET, TICKET_FILE, SERVER_REFUSED, CLIENT_CLOSED. */
  async borrow(wish: BorrowWish, lease: LeaseId | undefined): Promise<HeldTicket> {
    const params = borrowParams(wish, this.#parts.owner, lease);
    try {
      const { result, session } = await this.#parts.link.call("seat.borrow", params);
      return await this.#receive(wish, result, session);
    } catch (error) {
      if (error instanceof BorrowRefusedError) this.#giveUp(error.lease);
      throw error;
    }
  }

  /** Goes back, unless there is a ticket for it from before. */
  #giveUp(lease: LeaseId): void {
    if (this.#parts.shelf.get(lease) !== undefined) return;
    this.#parts.link.call("seat.return", { lease }).catch(ignoreClientError);
  }

  /**
   * Safe on disk before anybody is told. What cannot be used or kept goes back at once, unless there
   * is a ticket for it from before.
   */
  async #receive(wish: BorrowWish, result: BorrowResult, session: Session): Promise<HeldTicket> {
    try {
      return await this.#accept(wish, result, session);
    } catch (error) {
      if (this.#parts.shelf.get(result.lease) !== undefined) throw error;
      await session.request("seat.return", { lease: result.lease }).catch(ignoreClientError);
      throw error;
    }
  }

  async #accept(wish: BorrowWish, result: BorrowResult, session: Session): Promise<HeldTicket> {
    const { ticket, license } = result;
    const proven = proveTicket({ ticket, license }, this.#parts.owner);
    const asked = { lease: result.lease, chainId: session.chainId };
    if (!isAnswer(proven, wish, asked)) throw refused("it is for another request");
    if (this.#parts.clock.now().wall >= proven.ticket.until)
      throw refused("the clock of this computer is ahead of the license server's");
    const renewFor = wish.renew ? wish.span : null;
    // Of this ticket's life nothing was seen yet.
    const kept = { ticket, license, renewFor, isReturned: false, seenAt: unixMillis(0) };
    return this.#parts.shelf.keep(proven, kept);
  }

  /**
   * On this connection alone: nobody waits for it. Denied, it stays ours until its end.
   * @returns whether it was renewed.
   */
  async renew(held: HeldTicket, session: Session): Promise<boolean> {
    const wish = againOf(held);
    try {
      const result = await session.request(
        "seat.borrow",
        borrowParams(wish, this.#parts.owner, held.ticket.leaseId),
      );
      await this.#accept(wish, result, session);
      return true;
    } catch (error) {
      ignoreClientError(error);
      return false;
    }
  }

  /** What the vendor has given up meanwhile. */
  async notOurs(session: Session): Promise<RenewResult["lost"]> {
    const own = this.#parts.shelf.all.filter((held) => isOf(held, session));
    const leases = own.map(({ ticket }) => ticket.leaseId).slice(0, LEASES_PER_REQUEST);
    if (leases.length === 0) return [];
    const { lost } = await session.request("seat.renew", { leases, nonce: freshNonce() });
    return lost;
  }

  /** It was given back here; the daemon may hear of it only now. */
  async tellReturned(lease: LeaseId, session: Session): Promise<ReturnOutcome> {
    try {
      await session.request("seat.return", { lease });
    } catch (error) {
      // Denied: it came back in another way.
      if (!(error instanceof ClientError)) throw error;
      if (!(error instanceof SeatDeniedError)) return "pending";
    }
    await this.#parts.shelf.drop(lease);
    return "returned";
  }
}

/** Whether it is of the ledger of this connection. */
export const isOf = ({ ticket }: HeldTicket, { chainId }: Session): boolean =>
  ticket.chainId === chainId;

/** No connection any more, or no disk: the next one tries again. */
export function ignoreClientError(error: unknown): undefined {
  if (!(error instanceof ClientError)) throw error;
}
