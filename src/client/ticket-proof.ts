import { messageOf } from "../base/errors.ts";
import type { ClientKey } from "../base/ids.ts";
import { type BorrowTicket, lends, readBorrowTicket } from "../license/borrow-ticket.ts";
import { type License, readLicense } from "../license/license.ts";
import { ClientError } from "./errors.ts";
import type { SeatWish } from "./seat-wish.ts";
import type { VendorTrust } from "./trust.ts";

/** Whose tickets are believed, and on which machine. */
export interface TicketOwner {
  readonly vendor: VendorTrust;
  readonly clientKey: ClientKey;
  /** See `workstationId`. */
  readonly workstation: string;
}

/** A ticket and the license that proves it. Says nothing about the time. */
export interface ProvenTicket {
  readonly ticket: BorrowTicket;
  readonly license: License;
}

/**
 * Checks a ticket without a network: the vendor's root key vouches for the license, the license for
 * the daemon key, the daemon key for the ticket; the license lets the daemon lend this; and the
 * ticket is ours, on this machine (docs/spec/license.md, "Borrow ticket").
 * @throws ClientError TICKET.
 */
export function proveTicket(
  { ticket: note, license: text }: { readonly ticket: string; readonly license: string },
  { vendor, clientKey, workstation }: TicketOwner,
): ProvenTicket {
  const license = reading("license", () =>
    readLicense(text, { vendorName: vendor.name, rootKey: vendor.rootKey }),
  );
  const verifier = { name: license.origin, publicKey: license.daemonKey };
  const ticket = reading("ticket", () => readBorrowTicket(note, verifier));
  if (!lends(license, ticket)) throw refused("its license does not let it be borrowed like this");
  if (ticket.clientKey !== clientKey) throw refused("it is for another client key");
  if (ticket.workstation !== workstation) throw refused("it is for another computer");
  return { ticket, license };
}

/** Whether a program of that version may use what was borrowed. */
export function covers(
  { ticket, license }: ProvenTicket,
  { version, versionDate }: Pick<SeatWish, "version" | "versionDate">,
): boolean {
  const product = { version, versionDate: versionDate ?? null };
  return version === ticket.version || lends(license, { ...ticket, ...product });
}

export function refused(why: string, cause?: unknown): ClientError {
  return new ClientError("TICKET", `the borrow ticket cannot be used: ${why}`, {
    hint: "connect to the license server, and borrow again if need be",
    cause,
  });
}

function reading<Value>(what: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw refused(`its ${what} does not hold: ${messageOf(error)}`, error);
  }
}
