import { between, type MonoMillis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import type { AdminWaiter } from "../protocol/admin/seats.ts";
import type { AdminStatus, AdminVendor } from "../protocol/admin/status.ts";
import type { WaiterView } from "../seats/view.ts";
import { PRODUCT } from "./product.ts";
import type { Site } from "./site.ts";
import type { VendorDesk } from "./vendor-desk.ts";

export interface SiteStatusParts {
  readonly site: Site;
  readonly clock: Clock;
  readonly startedAt: MonoMillis;
  /** Clients connected now. */
  readonly connections: () => number;
  readonly problems: () => AdminStatus["problems"];
}

/** How the daemon and each vendor's part of it are doing at this moment. */
export function siteStatus(parts: SiteStatusParts): AdminStatus {
  const { site, clock, startedAt, connections } = parts;
  const problems = parts.problems();
  return {
    version: PRODUCT.version,
    ready: problems.length === 0,
    problems,
    uptimeMs: between(startedAt, clock.now().mono),
    clock: clockStatus(site),
    connections: connections(),
    vendors: [...site.desks.values()].map(vendorStatus),
  };
}

function clockStatus({ time }: Site): AdminStatus["clock"] {
  const { trust } = time;
  const { wall: believed } = time.now();
  if (trust.kind === "trusted") return { believed, suspect: null };
  return { believed, suspect: { since: trust.since, byMs: trust.by } };
}

function vendorStatus(desk: VendorDesk): AdminVendor {
  const { ledger, writer, shelf } = desk.core;
  const { features, queue, meters, tokens } = desk.summary();
  return {
    vendor: desk.name,
    chainId: desk.chainId,
    licenses: shelf.all.length,
    ledger: { size: ledger.size, acknowledged: ledger.ackSize, pending: writer.pending },
    features: features.map(({ name, ...feature }) => ({ feature: name, ...feature })),
    queue: queue.map(waiting),
    meters: meters.map(({ name, unit, period, quota, used }) => ({
      meter: name,
      unit,
      period,
      quota,
      used,
    })),
    pools: tokens.map(({ name, used, ...pool }) => ({ pool: name, spent: used, ...pool })),
    expiries: desk.licenses.expiries.map(({ licenseId, names, endsAt, graceUntil }) => {
      return { licenseId, names, endsAt, graceUntil };
    }),
    refusedByClock: desk.clock.refusedFrom ?? null,
    reports: desk.reports.reports,
    standIn: desk.standIn.standIn ?? null,
    auditors: desk.licenses.auditors,
    contradictions: desk.heads.contradictions,
    superseded: desk.branch.told,
    revoked: desk.licenses.revoked,
  };
}

/** Somebody who waits, as an administrator sees them. */
export function waiting(waiter: WaiterView): AdminWaiter {
  const { feature, position, user, host, client, instance, count, priority, connected } = waiter;
  return {
    feature,
    position,
    user,
    host,
    client,
    instance,
    count,
    priority,
    waitedMs: waiter.waited,
    expectedWaitMs: waiter.expectedWait ?? null,
    connected,
  };
}
