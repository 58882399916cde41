import type { Database } from "better-sqlite3";
import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import { findSites, listSites, type Site } from "./sites.ts";

/** Which usage is asked for. */
export interface ReportQuery {
  /** As `findSites` takes it; undefined for all sites. */
  readonly site?: string | undefined;
  /** Usage from this moment on. */
  readonly from?: UnixMillis | undefined;
  /** Usage before this moment. */
  readonly to?: UnixMillis | undefined;
  /** One line for the whole time, or for each day or month of UTC. */
  readonly by: "total" | "day" | "month";
}

/** How often something was refused for one reason. */
export interface DenialCount {
  readonly reason: string;
  readonly count: number;
}

/** Use of one feature at one site in one period. */
export interface FeatureLine {
  /** The name in the ledger's newest license. */
  readonly site: string;
  /** What earlier licenses called it: invoices of that time bear these names. */
  readonly formerNames: readonly string[];
  readonly chainId: ChainId;
  /** `2026-11`, `2026-11-22`, or empty for the whole time. */
  readonly period: string;
  readonly feature: string;
  readonly grants: number;
  /** Of these, grants that used seats above the license. */
  readonly overdraftGrants: number;
  readonly denials: readonly DenialCount[];
  /** Seats times milliseconds. */
  readonly seatMillis: number;
  /** Most seats at one moment. */
  readonly peak: number;
  /** How often seats were borrowed, or borrowed for longer. */
  readonly borrows: number;
  /** The latest end among these; null without one. */
  readonly borrowedUntil: UnixMillis | null;
  /** Borrowed seats that came back before their end, or that this vendor gave up for the site. */
  readonly returned: number;
  readonly vendorReleased: number;
  /** Users that the site has put on the list of those who may use it, and taken off. */
  readonly named: number;
  readonly unnamed: number;
}

/** Use of one meter at one site in one period. */
export interface MeterLine {
  readonly site: string;
  readonly formerNames: readonly string[];
  readonly chainId: ChainId;
  readonly period: string;
  readonly meter: string;
  /** Of units used. */
  readonly records: number;
  /** Used, before anything was given back. */
  readonly units: number;
  /** Of these records, those that came later than the interval they belong to. */
  readonly late: number;
  /** Records of units given back. */
  readonly refunds: number;
  /** Given back in this period, also of units used in earlier ones. */
  readonly refundedUnits: number;
  /** `units` without `refundedUnits`; below zero where more was given back than used in the period. */
  readonly netUnits: number;
  readonly denials: readonly DenialCount[];
}

export interface UsageReport {
  readonly features: readonly FeatureLine[];
  readonly meters: readonly MeterLine[];
}

/**
 * What the accepted bundles say. A checkpoint's usage belongs to the moment before its interval ends.
 * @throws VendorError `SITE_UNKNOWN`
 */
export function usageReport(database: Database, query: ReportQuery): UsageReport {
  const sites = query.site === undefined ? listSites(database) : findSites(database, query.site);
  return {
    features: sites.flatMap((site) => featureLines(database, site, query)),
    meters: sites.flatMap((site) => meterLines(database, site, query)),
  };
}

type Bounds = [chain: string, from: number, to: number];

const WITHIN = "WHERE chain_id = ? AND ended_at > ? AND ended_at <= ?";

/** The interval's end itself is no longer part of it: what is sealed at midnight was used the day before. */
const PERIODS: Readonly<Record<ReportQuery["by"], string>> = {
  total: "''",
  day: "strftime('%Y-%m-%d', (ended_at - 1) / 1000, 'unixepoch')",
  month: "strftime('%Y-%m', (ended_at - 1) / 1000, 'unixepoch')",
};

function boundsOf(site: Site, { from, to }: ReportQuery): Bounds {
  return [site.chainId, from ?? 0, to ?? Number.MAX_SAFE_INTEGER];
}

function featureLines(database: Database, site: Site, query: ReportQuery): readonly FeatureLine[] {
  const bounds = boundsOf(site, query);
  const period = PERIODS[query.by];
  // A feature whose list of named users was only changed has no use, and belongs into the report.
  const rows = database
    .prepare<
      [...Bounds, ...Bounds],
      Omit<FeatureLine, "site" | "formerNames" | "chainId" | "denials">
    >(
      `SELECT period, feature, sum(grants) AS grants, sum(overdraft_grants) AS overdraftGrants,
              sum(seat_millis) AS seatMillis, max(peak) AS peak,
              coalesce(sum(borrows), 0) AS borrows, max(borrowed_until) AS borrowedUntil,
              coalesce(sum(returned), 0) AS returned,
              coalesce(sum(vendor_released), 0) AS vendorReleased,
              sum(named) AS named, sum(unnamed) AS unnamed FROM (
         SELECT ${period} AS period, feature, grants, overdraft_grants, seat_millis, peak,
                borrows, borrowed_until, returned, vendor_released, 0 AS named, 0 AS unnamed
         FROM (SELECT u.*, borrows, borrowed_until, returned, vendor_released
               FROM feature_usage AS u LEFT JOIN borrow_usage USING (chain_id, block, feature)) AS u
         ${WITHIN} AND NOT ${IS_METER}
         UNION ALL
         SELECT ${period} AS period, feature, 0, 0, 0, 0, 0, NULL, 0, 0, named, unnamed
         FROM naming_usage ${WITHIN}
       ) GROUP BY period, feature ORDER BY period, feature`,
    )
    .all(...bounds, ...bounds);
  const denials = denialLines(database, site, query);
  return rows.map((row) => ({
    site: site.site,
    formerNames: site.formerNames,
    chainId: site.chainId,
    ...row,
    denials: denialsOf(denials, row.period, row.feature),
  }));
}

/** A sealed denial names a feature or a meter, and does not say which: the licenses do. */
const IS_METER = `(
  EXISTS (SELECT 1 FROM licensed_names AS n
          WHERE n.chain_id = u.chain_id AND n.kind = 'meter' AND n.name = u.feature)
  AND NOT EXISTS (SELECT 1 FROM licensed_names AS n
          WHERE n.chain_id = u.chain_id AND n.kind = 'feature' AND n.name = u.feature))`;

interface DenialLine extends DenialCount {
  readonly period: string;
  /** Of a feature or a meter. */
  readonly name: string;
}

function denialLines(database: Database, site: Site, query: ReportQuery): readonly DenialLine[] {
  return database
    .prepare<Bounds, DenialLine>(
      `SELECT ${PERIODS[query.by]} AS period, feature AS name, reason, sum(denials) AS count
       FROM denial_usage ${WITHIN} GROUP BY period, feature, reason
       ORDER BY count DESC, reason`,
    )
    .all(...boundsOf(site, query));
}

function denialsOf(
  denials: readonly DenialLine[],
  period: string,
  name: string,
): readonly DenialCount[] {
  return denials
    .filter((denial) => denial.period === period && denial.name === name)
    .map(({ reason, count }) => ({ reason, count }));
}

function meterLines(database: Database, site: Site, query: ReportQuery): readonly MeterLine[] {
  const bounds = boundsOf(site, query);
  const period = PERIODS[query.by];
  // A meter that only ever refused has no records, and belongs into the report all the same.
  const rows = database
    .prepare<
      [...Bounds, ...Bounds, ...Bounds],
      Omit<MeterLine, "site" | "formerNames" | "chainId" | "denials">
    >(
      `SELECT period, meter, sum(records) AS records, sum(units) AS units, sum(late) AS late,
              sum(refunds) AS refunds, sum(refunded) AS refundedUnits,
              sum(units) - sum(refunded) AS netUnits FROM (
         SELECT ${period} AS period, meter, records, units, late, 0 AS refunds, 0 AS refunded
         FROM meter_usage ${WITHIN}
         UNION ALL
         SELECT ${period} AS period, meter, 0, 0, 0, records, units FROM refund_usage ${WITHIN}
         UNION ALL
         SELECT ${period} AS period, feature, 0, 0, 0, 0, 0
         FROM denial_usage AS u ${WITHIN} AND ${IS_METER}
       ) GROUP BY period, meter ORDER BY period, meter`,
    )
    .all(...bounds, ...bounds, ...bounds);
  const denials = denialLines(database, site, query);
  return rows.map((row) => ({
    site: site.site,
    formerNames: site.formerNames,
    chainId: site.chainId,
    ...row,
    denials: denialsOf(denials, row.period, row.meter),
  }));
}
