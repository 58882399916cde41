import type { LeaseId } from "../base/ids.ts";
import { checkRelease, readBorrowRelease } from "../license/borrow-release.ts";
import { refuseRevokedIssuer } from "../license/revocation-checks.ts";
import { DaemonError } from "./errors.ts";
import type { VendorDesk } from "./vendor-desk.ts";

/** Borrowed seats that came back because the vendor gave their workstation up. */
export interface ReleasedSeats {
  readonly vendor: string;
  readonly lease: LeaseId;
  readonly feature: string;
  readonly count: number;
}

/**
 * Frees what the vendor's release names. A release that was handed in before, or whose seat came
 * back in another way, is refused: nothing is borrowed under that lease any more.
 * @throws LicenseError, NoteError, DaemonError RELEASE_NOT_BORROWED: nothing was changed.
 */
export async function importRelease(desk: VendorDesk, note: Uint8Array): Promise<ReleasedSeats> {
  const { vendor, book, time, log, shelf } = desk.core;
  const trust = { vendorName: vendor.name, rootKey: vendor.rootKey };
  const release = readBorrowRelease(note, trust);
  refuseRevokedIssuer("release", release.issuer, vendor.rootKey, shelf.revocations);
  checkRelease(release, desk.chainId, time.now().wall);
  const lease = book.lease(release.leaseId);
  const answer = await desk.tell({ kind: "give-up", lease: release.leaseId });
  if (lease === undefined || answer.kind !== "done") throw notBorrowed(release.leaseId);
  const { id, feature, count } = lease;
  log.info("seat.given-up", { vendor: vendor.name, lease: id, feature });
  return { vendor: vendor.name, lease: id, feature, count };
}

function notBorrowed(lease: LeaseId): DaemonError {
  return new DaemonError("RELEASE_NOT_BORROWED", `nothing is borrowed as lease ${lease}`, {
    hint: "it was returned, its time is over, or a release was handed in before; see seatkeeper seats list",
    facts: { lease },
  });
}
