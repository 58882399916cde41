import { z } from "zod";
import { type Decoded, decode } from "../decode.ts";
import { fingerprintField } from "../fields.ts";
import { type AdminRoute, queried } from "./route.ts";

// The audit trail, record by record as it was written (docs/spec/trail.md).

/** Records of one answer. */
export const TRAIL_RECORDS = 1_000;

interface TrailRequest {
  /** Behind which record, in decimal digits; from the oldest on where it is left out. */
  readonly after?: string;
}

export interface AdminTrail {
  /** The oldest first. Fewer than {@link TRAIL_RECORDS} are the last. */
  readonly records: readonly {
    readonly seq: number;
    /** What was hashed. */
    readonly text: string;
    /** In hex. */
    readonly hash: string;
  }[];
  /** The hash of the newest record as the daemon remembers it; null before the first. */
  readonly head: string | null;
}

export interface TrailRoutes {
  readonly trail: AdminRoute<TrailRequest, AdminTrail>;
}

const request: z.ZodType<TrailRequest> = z.strictObject({
  after: z
    .string()
    .regex(/^(?:0|[1-9]\d{0,15})$/)
    .exactOptional(),
});

const decodeRequest = (query: unknown): Decoded<TrailRequest> => decode(request, query, "query");

const trail: z.ZodType<AdminTrail> = z.strictObject({
  records: z
    .array(
      z.strictObject({ seq: z.int().min(1), text: z.string().max(8_192), hash: fingerprintField }),
    )
    .max(TRAIL_RECORDS),
  head: fingerprintField.nullable(),
});

export const TRAIL_ROUTES: TrailRoutes = {
  trail: { ...queried("GET", "/v1/audit", decodeRequest), answer: trail },
};
