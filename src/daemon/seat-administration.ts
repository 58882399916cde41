import type { Pseudonym } from "../base/identity.ts";
import type { LeaseId } from "../base/ids.ts";
import { between } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { pseudonymOf } from "../privacy/pseudonym.ts";
import type {
  AdminFound,
  AdminRevoked,
  AdminSeat,
  AdminWaiter,
  HolderQuery,
  RevokeRequest,
} from "../protocol/admin/seats.ts";
import type { Denial } from "../seats/decision.ts";
import { DaemonError } from "./errors.ts";
import type { Site } from "./site.ts";
import { oneVendor } from "./site-files.ts";
import { waiting } from "./site-status.ts";
import type { VendorDesk } from "./vendor-desk.ts";

/** All seats in use, vendor after vendor. */
export const seatsInUse = ({ desks }: Site, clock: Clock): readonly AdminSeat[] =>
  [...desks.values()].flatMap((desk) => seatsOf(desk, clock));

function seatsOf(desk: VendorDesk, clock: Clock): readonly AdminSeat[] {
  const now = clock.now();
  return desk.view().leases.map((lease) => ({
    lease: lease.id,
    vendor: desk.name,
    feature: lease.feature,
    version: lease.version,
    count: lease.count,
    user: lease.user,
    host: lease.host,
    client: lease.client,
    instance: lease.instance,
    grantedAt: lease.grantedAt,
    expiresInMs: between(now.mono, lease.expiresAt),
    overdraft: lease.overdraft,
    borrowedUntil: lease.borrowed?.until ?? null,
    connected: desk.isHere(lease),
  }));
}

/** The names become pseudonyms here, as at the door, and go no further. */
export function findSeats(site: Site, clock: Clock, query: HolderQuery): AdminFound {
  const named = pseudonymsIn(site, query);
  const queue = [...site.desks.values()].flatMap((desk) => desk.summary().queue.map(waiting));
  return {
    ...named,
    seats: seatsInUse(site, clock).filter((seat) => isOf(seat, named)),
    queue: queue.filter((waiter) => isOf(waiter, named)),
  };
}

interface Named {
  readonly user: Pseudonym | null;
  readonly host: Pseudonym | null;
}

function pseudonymsIn({ siteKey }: Site, { user, host }: HolderQuery): Named {
  const key = siteKey.pseudonymKey;
  return {
    user: user === undefined ? null : pseudonymOf(key, "user", user),
    host: host === undefined ? null : pseudonymOf(key, "host", host),
  };
}

const isOf = (one: AdminSeat | AdminWaiter, { user, host }: Named): boolean =>
  (user === null || one.user === user) && (host === null || one.host === host);

/** @throws DaemonError ADMIN_NOT_WRITTEN: then some may have been taken back. */
export async function revokeHeld(
  site: Site,
  clock: Clock,
  query: HolderQuery,
): Promise<AdminRevoked> {
  const leases: LeaseId[] = [];
  const kept: LeaseId[] = [];
  for (const { lease, vendor } of findSeats(site, clock, query).seats) {
    const desk = oneVendor(site.desks, vendor);
    // oxlint-disable-next-line no-await-in-loop -- the disk is one
    const answer = await desk.tell({ kind: "revoke", lease });
    if (answer.kind === "done") leases.push(lease);
    // One that ended in the same moment is held by nobody.
    else if (desk.core.book.lease(lease) !== undefined) kept.push(lease);
  }
  return { leases, kept };
}

/** @throws DaemonError ADMIN_LEASE_UNKNOWN, ADMIN_LEASE_BORROWED. */
export async function revokeSeat(
  { desks }: Site,
  { lease }: RevokeRequest,
): Promise<RevokeRequest> {
  const holder = [...desks.values()].find(({ core }) => core.book.lease(lease) !== undefined);
  if (holder === undefined) throw leaseUnknown(lease);
  const answer = await holder.tell({ kind: "revoke", lease });
  if (answer.kind === "denied") throw leaseKept(lease, answer.denial);
  return { lease };
}

function leaseKept(lease: LeaseId, { reason, hint }: Denial): DaemonError {
  if (reason !== "LEASE_BORROWED") return leaseUnknown(lease);
  return new DaemonError("ADMIN_LEASE_BORROWED", `lease ${lease} is borrowed`, {
    hint,
    facts: { lease },
  });
}

function leaseUnknown(lease: LeaseId): DaemonError {
  return new DaemonError("ADMIN_LEASE_UNKNOWN", `there is no lease ${lease}`, {
    hint: "list them with seatkeeper seats list",
    facts: { lease },
  });
}
