import { z } from "zod";
import { type Decoded, decode } from "../decode.ts";
import { countField, productNameField, vendorNameField } from "../fields.ts";
import { type AdminRoute, queried } from "./route.ts";

// The history of `GET /v1/usage/history`: totals per feature and period, without persons.

export type HistoryPeriod = "hour" | "day" | "month" | "weekday-hour";

/** Lines of one answer; a request for more is refused. */
export const HISTORY_LINES = 20_000;

/** The query. Days of the site's time zone, both included. */
export interface HistoryRequest {
  /** The last 30 days when it is left out. */
  readonly from?: string;
  readonly to?: string;
  readonly by: HistoryPeriod;
  readonly feature?: string;
}

/** What a feature, or `*` for all names that no license knows, saw in a period. Of a meter there are denials alone. */
export interface AdminHistoryRow {
  readonly vendor: string;
  /** `2026-11-22T13:00+01:00`, `2026-11-22`, `2026-11`, or `0 13` for Mondays from 13 o'clock. */
  readonly period: string;
  readonly feature: string;
  /** The most seats in use at a time, and the license's seats then. */
  readonly peak: number;
  readonly licensed: number;
  readonly overdraftPeak: number;
  readonly queuePeak: number;
  readonly grants: number;
  readonly overdrafts: number;
  /** Seats times milliseconds. */
  readonly seatMillis: number;
  /** Waits in the queue that ended, and those of them that ended without a seat. */
  readonly waits: number;
  readonly gaveUp: number;
  readonly waitedMs: number;
  readonly longestWaitMs: number;
  readonly denials: Readonly<Record<string, number>>;
}

/** What says whether a feature has enough seats. */
export interface AdminHistoryFeature {
  readonly vendor: string;
  readonly feature: string;
  readonly peak: number;
  readonly licensed: number;
  /** Days with history in the range, and those of them on which seats were in use. */
  readonly days: number;
  readonly daysUsed: number;
  /** On which somebody was denied, or gave up waiting, because all seats were in use. */
  readonly daysInVain: number;
  /** On which somebody waited and got a seat. */
  readonly daysWaited: number;
}

export interface AdminHistory {
  readonly timeZone: string;
  readonly from: string;
  readonly to: string;
  readonly by: HistoryPeriod;
  readonly rows: readonly AdminHistoryRow[];
  readonly features: readonly AdminHistoryFeature[];
}

export interface HistoryRoutes {
  readonly usageHistory: AdminRoute<HistoryRequest, AdminHistory>;
}

/** Nothing was used before 1970. */
const dayField = z.iso.date().refine((day) => day >= "1970");
const byField = z.enum(["hour", "day", "month", "weekday-hour"]);
const nameField = z.union([productNameField, z.literal("*")]);

const request: z.ZodType<HistoryRequest> = z.strictObject({
  from: dayField.exactOptional(),
  to: dayField.exactOptional(),
  by: byField.default("day"),
  feature: nameField.exactOptional(),
});

const decodeHistoryRequest = (query: unknown): Decoded<HistoryRequest> =>
  decode(request, query, "query");

const history: z.ZodType<AdminHistory> = z.strictObject({
  timeZone: z.string().min(1).max(128),
  from: dayField,
  to: dayField,
  by: byField,
  rows: z.array(
    z.strictObject({
      vendor: vendorNameField,
      period: z.string().min(1).max(32),
      feature: nameField,
      peak: countField,
      licensed: countField,
      overdraftPeak: countField,
      queuePeak: countField,
      grants: countField,
      overdrafts: countField,
      seatMillis: countField,
      waits: countField,
      gaveUp: countField,
      waitedMs: countField,
      longestWaitMs: countField,
      denials: z.record(z.string().min(1).max(128), countField),
    }),
  ),
  features: z.array(
    z.strictObject({
      vendor: vendorNameField,
      feature: nameField,
      peak: countField,
      licensed: countField,
      days: countField,
      daysUsed: countField,
      daysInVain: countField,
      daysWaited: countField,
    }),
  ),
});

export const HISTORY_ROUTES: HistoryRoutes = {
  usageHistory: {
    ...queried("GET", "/v1/usage/history", decodeHistoryRequest),
    answer: history,
  },
};
