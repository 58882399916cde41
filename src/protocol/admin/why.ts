import { z } from "zod";
import type { RawIdentity } from "../../base/identity.ts";
import type { UnixMillis } from "../../base/time.ts";
import { denialSchema, type WireDenial } from "../denial.ts";
import {
  labelField,
  momentField,
  productNameField,
  seatCountField,
  vendorNameField,
  versionField,
} from "../fields.ts";
import { wordField } from "./fields.ts";
import { type AdminRoute, posted } from "./route.ts";

/** Somebody who might ask for seats, as the administrator names them. */
export interface WhyRequest {
  readonly feature: string;
  readonly user: RawIdentity;
  readonly host: RawIdentity;
  /** An IP address; left out, it is in no network. */
  readonly address?: string;
  /** Needed where several vendors sell the feature. */
  readonly vendor?: string;
  /** `0` where it is left out: above no licensed version. */
  readonly version: string;
  /** As in `seat.acquire`. */
  readonly versionDate?: UnixMillis;
  readonly count: number;
  /** Labels to be taken as proven; left out, they are claims. */
  readonly proven?: readonly ("user" | "host")[];
}

/** What would happen, and why. */
export interface AdminWhy {
  readonly vendor: string;
  readonly feature: string;
  /** The pseudonyms under which seats and usage show them. */
  readonly user: string;
  readonly host: string;
  /** The site's groups that they are in. */
  readonly groups: readonly string[];
  readonly outcome: "granted" | "denied";
  /** Granted above the license's seats. */
  readonly overdraft: boolean;
  /** What they would be told; null when a seat would be granted. */
  readonly denial: WireDenial | null;
  /** Everything that stands against it, what is told first comes first. */
  readonly reasons: readonly WireDenial[];
}

export interface WhyRoutes {
  /** What would happen if somebody asked now. */
  readonly why: AdminRoute<WhyRequest, AdminWhy>;
}

const request: z.ZodType<WhyRequest> = z.strictObject({
  feature: productNameField,
  user: labelField,
  host: labelField,
  address: z
    .string()
    .regex(/^[0-9A-Fa-f.:]{2,45}(?:%\w+)?$/)
    .exactOptional(),
  vendor: vendorNameField.exactOptional(),
  version: versionField.default("0"),
  versionDate: momentField.exactOptional(),
  count: seatCountField.default(1),
  proven: z
    .array(z.enum(["user", "host"]))
    .max(2)
    .exactOptional(),
});

const why: z.ZodType<AdminWhy> = z.strictObject({
  vendor: vendorNameField,
  feature: productNameField,
  user: wordField,
  host: wordField,
  groups: z.array(wordField),
  outcome: z.enum(["granted", "denied"]),
  overdraft: z.boolean(),
  denial: denialSchema.nullable(),
  reasons: z.array(denialSchema),
});

export const WHY_ROUTES: WhyRoutes = {
  why: { ...posted("/v1/why", request), answer: why },
};
