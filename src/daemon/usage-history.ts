import { days, hours, midnight, unixMillis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import {
  type AdminHistory,
  type AdminHistoryRow,
  HISTORY_LINES,
  type HistoryRequest,
} from "../protocol/admin/history.ts";
import { hourOf } from "../seats/feature-hour.ts";
import { hoursIn, type LocalHours } from "../seats/site-calendar.ts";
import { type HistoryLine, type HistorySummary, UsageHistory } from "../seats/usage-history.ts";
import { DaemonError } from "./errors.ts";
import type { VendorDesk } from "./vendor-desk.ts";

/** What is read at a time, so that clients need not wait for a year of history. */
const PORTION = days(14);
/** How far the clocks of any time zone are from UTC. */
const FARTHEST = hours(26);
/** More than what can wait to be stored. */
const UNSTORED = days(32);
const DEFAULT_DAYS = 30;

/** What features saw, in the periods of the site's calendar, up to this moment. @throws DaemonError ADMIN_REQUEST. */
export async function usageHistory(
  desks: readonly VendorDesk[],
  asked: HistoryRequest,
  clock: Clock,
): Promise<AdminHistory> {
  const [first] = desks;
  const timeZone = first?.core.limits.timeZone ?? "UTC";
  const named = hoursIn(timeZone);
  const wall = first?.core.time.now().wall ?? clock.now().wall;
  const to = asked.to ?? named(hourOf(wall)).day;
  const from = asked.from ?? dayBefore(to, DEFAULT_DAYS - 1);
  const found = [];
  for (const desk of desks) {
    // oxlint-disable-next-line no-await-in-loop -- the disk is one
    found.push(await historyOf(desk, { ...asked, from, to }, named, clock));
  }
  return {
    timeZone,
    from,
    to,
    by: asked.by,
    rows: found.flatMap(({ rows }) => rows),
    features: found.flatMap(({ features }) => features),
  };
}

async function historyOf(
  desk: VendorDesk,
  { by, feature, from, to }: HistoryRequest & { readonly from: string; readonly to: string },
  named: LocalHours,
  clock: Clock,
): Promise<Pick<AdminHistory, "rows" | "features">> {
  const { store, book, time } = desk.core;
  const history = new UsageHistory(by, { from, to }, named);
  const oldest = store.firstHour(desk.name);
  const now = time.now();
  const start = Math.max(0, midnight(from) - FARTHEST, oldest ?? now.wall - UNSTORED);
  const end = Math.min(midnight(to) + days(1) + FARTHEST, now.wall + days(1));
  for (let at = start; at < end; at += PORTION) {
    const range = { from: unixMillis(at), to: unixMillis(Math.min(at + PORTION, end)), feature };
    history.add(store.history(desk.name, range, book.hoursUntil(now)));
    if (history.size > HISTORY_LINES) throw tooLong();
    // oxlint-disable-next-line no-await-in-loop -- others come first
    await new Promise<void>((resolve) => void clock.soon(resolve));
  }
  const known = daysBetween(named(hourOf(oldest ?? now.wall)).day, named(hourOf(now.wall)).day, {
    from,
    to,
  });
  return {
    rows: history.lines().map((line) => rowOf(desk.name, line)),
    features: history.summaries().map((one) => featureOf(desk.name, one, known)),
  };
}

function rowOf(vendor: string, line: HistoryLine): AdminHistoryRow {
  const { waited, longestWait, ...figures } = line;
  return { vendor, ...figures, waitedMs: waited, longestWaitMs: longestWait };
}

const featureOf = (vendor: string, summary: HistorySummary, known: number) => ({
  vendor,
  days: known,
  ...summary,
});

/** Days of the range that the history knows of. */
function daysBetween(
  oldest: string,
  today: string,
  { from, to }: { readonly from: string; readonly to: string },
): number {
  const first = oldest > from ? oldest : from;
  const last = today < to ? today : to;
  return Math.max(0, (midnight(last) - midnight(first)) / days(1) + 1);
}

const dayBefore = (day: string, count: number): string =>
  hoursIn("UTC")(unixMillis(Math.max(0, midnight(day) - days(count)))).day;

function tooLong(): DaemonError {
  return new DaemonError(
    "ADMIN_REQUEST",
    `the answer would have more than ${HISTORY_LINES} lines`,
    {
      hint: "ask for fewer days with --from and --to, for one --feature, or --by day",
    },
  );
}
