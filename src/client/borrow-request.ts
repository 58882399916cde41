import { toHex, utf8 } from "../base/bytes.ts";
import { type ChainId, type IdempotencyKey, idempotencyKey, type LeaseId } from "../base/ids.ts";
import { type Millis, millis } from "../base/time.ts";
import { sha256 } from "../crypto/hash.ts";
import type { BorrowParams } from "../protocol/requests.ts";
import type { HeldTicket } from "./held-ticket.ts";
import type { SeatWish } from "./seat-wish.ts";
import type { ProvenTicket, TicketOwner } from "./ticket-proof.ts";

/** What is borrowed, and for how long from now. */
export interface BorrowWish extends Omit<SeatWish, "wait"> {
  readonly span: Millis;
  /** Whether it is borrowed anew at half of its time. */
  readonly renew: boolean;
}

/**
 * The request for a wish. It has one name for ever: who asks again after a crash gets what was granted.
 * @param lease of what is borrowed already, to have it for longer.
 */
export function borrowParams(
  wish: BorrowWish,
  { workstation }: TicketOwner,
  lease: LeaseId | undefined,
): BorrowParams {
  const { feature, version, versionDate, count, span } = wish;
  const product = versionDate === undefined ? { version } : { version, versionDate };
  const key = requestKey(wish, workstation);
  const again = lease === undefined ? {} : { lease };
  return { feature, ...product, count, key, borrowMs: span, workstation, ...again };
}

/** The wish to have the same for as long again. */
export function againOf({ ticket, kept }: HeldTicket): BorrowWish {
  const { feature, version, versionDate, count } = ticket;
  const product = versionDate === null ? { version } : { version, versionDate };
  return { feature, ...product, count, span: kept.renewFor ?? millis(0), renew: true };
}

/** Whether the ticket is what was asked for. */
export function isAnswer(
  { ticket }: ProvenTicket,
  { feature, version, count }: BorrowWish,
  asked: { readonly lease: LeaseId; readonly chainId: ChainId },
): boolean {
  return (
    ticket.chainId === asked.chainId &&
    ticket.leaseId === asked.lease &&
    ticket.feature === feature &&
    ticket.version === version &&
    ticket.count === count
  );
}

/** Another feature, version, date or number of seats is another request. */
function requestKey(
  { feature, version, versionDate, count }: BorrowWish,
  workstation: string,
): IdempotencyKey {
  const released = versionDate === undefined ? [] : [versionDate];
  const wish = JSON.stringify([feature, version, count, workstation, ...released]);
  return idempotencyKey(`borrow.${toHex(sha256(utf8(wish))).slice(0, 32)}`);
}
