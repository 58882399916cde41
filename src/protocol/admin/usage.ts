import { z } from "zod";
import { type Decoded, decode } from "../decode.ts";
import { countField, productNameField, vendorNameField } from "../fields.ts";
import { type AdminRoute, queried } from "./route.ts";

// What was used on each day (UTC), as it goes into the ledger.

/** Days as `2026-11-22`, both included; without a bound all there are. */
interface UsageRequest {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** What one vendor's things were used on one day (UTC). */
export type AdminUsageRow =
  | {
      readonly kind: "feature";
      readonly vendor: string;
      readonly day: string;
      readonly feature: string;
      readonly grants: number;
      readonly denials: number;
      /** Seats times milliseconds. */
      readonly seatMillis: number;
      /** Users put on the list of those who may use it, and taken off. */
      readonly named: number;
      readonly unnamed: number;
    }
  | {
      readonly kind: "meter";
      readonly vendor: string;
      readonly day: string;
      readonly meter: string;
      /** Of units used. */
      readonly records: number;
      /** Used, before anything was given back. */
      readonly units: number;
      /** Records of units given back. */
      readonly refunds: number;
      /** Given back on this day, also of units that were used on earlier ones. */
      readonly refundedUnits: number;
      /** `units` without `refundedUnits`; below zero where more was given back than used. */
      readonly netUnits: number;
    };

interface AdminUsage {
  readonly rows: readonly AdminUsageRow[];
}

export interface UsageRoutes {
  readonly usage: AdminRoute<UsageRequest, AdminUsage>;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const dayField = z.string().regex(DAY);

const request: z.ZodType<UsageRequest> = z.object({
  from: z.string().exactOptional(),
  to: z.string().exactOptional(),
});

function decodeUsageRequest(query: unknown): Decoded<UsageRequest> {
  const decoded = decode(request, query, "query");
  if (decoded.kind === "refused") return decoded;
  const { from, to } = decoded.value;
  for (const [field, day] of Object.entries({ from, to })) {
    if (day !== undefined && !DAY.test(day)) {
      return { kind: "refused", field, problem: "is not a day such as 2026-11-22" };
    }
  }
  return decoded;
}

const row: z.ZodType<AdminUsageRow> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("feature"),
    vendor: vendorNameField,
    day: dayField,
    // `*` stands for names that no license knows.
    feature: z.union([productNameField, z.literal("*")]),
    grants: countField,
    denials: countField,
    seatMillis: countField,
    named: countField,
    unnamed: countField,
  }),
  z.strictObject({
    kind: z.literal("meter"),
    vendor: vendorNameField,
    day: dayField,
    meter: productNameField,
    records: countField,
    units: countField,
    refunds: countField,
    refundedUnits: countField,
    netUnits: z.int(),
  }),
]);

const usage: z.ZodType<AdminUsage> = z.strictObject({ rows: z.array(row) });

export const USAGE_ROUTES: UsageRoutes = {
  usage: { ...queried("GET", "/v1/usage", decodeUsageRequest), answer: usage },
};
