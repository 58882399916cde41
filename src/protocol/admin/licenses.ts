import { z } from "zod";
import type { Millis, UnixMillis } from "../../base/time.ts";
import {
  countField,
  largeNoteField,
  momentField,
  productNameField,
  spanField,
  vendorNameField,
  versionField,
} from "../fields.ts";
import { decodeVendorQuery, type VendorQuery, wordField } from "./fields.ts";
import { type AdminRoute, bare, handedIn, queried } from "./route.ts";

// The licenses of the site, in force or not.

export interface AdminLicense {
  readonly vendor: string;
  readonly licenseId: string;
  readonly site: string;
  readonly issuedAt: UnixMillis;
  /** Whether anything in it holds now; `refused` for one that counts for nothing. */
  readonly state: "not-started" | "in-force" | "ended" | "refused";
  /** Why it is refused, as a code of docs/ERRORS.md; else empty. */
  readonly problem: string;
  readonly features: readonly AdminLicenseFeature[];
  readonly meters: readonly AdminLicenseMeter[];
  /** Tokens that features draw on together. */
  readonly pools: readonly { readonly pool: string; readonly tokens: number }[];
}

export interface AdminLicenseFeature {
  readonly feature: string;
  readonly seats: number;
  /** Null for always. */
  readonly startsAt: UnixMillis | null;
  /** The first moment after the paid time; null for ever. */
  readonly endsAt: UnixMillis | null;
  /** The first moment after the grace that follows; null without grace. */
  readonly graceUntil: UnixMillis | null;
  /** What may be taken off the network; null for nothing. */
  readonly borrow: { readonly days: number; readonly seats: number } | null;
  /** The highest version that is covered; null for any. */
  readonly versionMax: string | null;
  /** Versions released from this moment on are not covered; null for no such limit. */
  readonly maintenanceUntil: UnixMillis | null;
  /** Whose leases use one seat together. */
  readonly share: "none" | "user" | "host" | "user+host" | "display";
  /** What each seat costs of a pool; null for nothing. */
  readonly tokens: { readonly pool: string; readonly cost: number } | null;
  /** Seats that may be granted above `seats`. */
  readonly overdraftSeats: number;
  /** Null where anybody may use the feature. */
  readonly namedUsers: { readonly max: number; readonly changesPerMonth: number } | null;
  /** How long a released seat stays with its holder. */
  readonly lingerMs: Millis;
  /** The least that a seat counts as used. */
  readonly minLeaseMs: Millis;
  /** How long a lease lives without renewal. */
  readonly leaseTimeMs: Millis;
  /** How long an application may go on when the daemon does not answer. */
  readonly offlineGraceMs: Millis;
  readonly releaseOnDisconnect: boolean;
}

export interface AdminLicenseMeter {
  readonly meter: string;
  readonly unit: string;
  readonly period: string;
  /** Units per period; null for no limit. */
  readonly quota: number | null;
  /** Whether units above the quota are refused or counted. */
  readonly overdraft: "deny" | "allow";
  /** How long after its use a record is still accepted; a refund too. */
  readonly lateLimitMs: Millis;
  /** Whether used units may be given back. */
  readonly refunds: boolean;
}

interface AdminLicenses {
  readonly licenses: readonly AdminLicense[];
}

interface AdminLicenseRequest {
  /** An activation request that shows the ledger as it is: a note. */
  readonly note: string;
}

export interface LicenseRoutes {
  readonly licenses: AdminRoute<undefined, AdminLicenses>;
  /** The file is the license. */
  readonly installLicense: AdminRoute<Uint8Array, AdminLicense>;
  /** What the vendor turns into a license that renews the others. */
  readonly requestRenewal: AdminRoute<VendorQuery, AdminLicenseRequest>;
}

const license: z.ZodType<AdminLicense> = z.strictObject({
  vendor: vendorNameField,
  licenseId: wordField,
  site: z.string().max(1_024),
  issuedAt: momentField,
  state: z.enum(["not-started", "in-force", "ended", "refused"]),
  problem: z.string().max(128),
  features: z.array(
    z.strictObject({
      feature: productNameField,
      seats: countField,
      startsAt: momentField.nullable(),
      endsAt: momentField.nullable(),
      graceUntil: momentField.nullable(),
      borrow: z.strictObject({ days: countField, seats: countField }).nullable(),
      versionMax: versionField.nullable(),
      maintenanceUntil: momentField.nullable(),
      share: z.enum(["none", "user", "host", "user+host", "display"]),
      tokens: z.strictObject({ pool: productNameField, cost: countField }).nullable(),
      overdraftSeats: countField,
      namedUsers: z.strictObject({ max: countField, changesPerMonth: countField }).nullable(),
      lingerMs: spanField,
      minLeaseMs: spanField,
      leaseTimeMs: spanField,
      offlineGraceMs: spanField,
      releaseOnDisconnect: z.boolean(),
    }),
  ),
  meters: z.array(
    z.strictObject({
      meter: productNameField,
      unit: wordField,
      period: wordField,
      quota: countField.nullable(),
      overdraft: z.enum(["deny", "allow"]),
      lateLimitMs: spanField,
      refunds: z.boolean(),
    }),
  ),
  pools: z.array(z.strictObject({ pool: productNameField, tokens: countField })),
});

const licenses: z.ZodType<AdminLicenses> = z.strictObject({ licenses: z.array(license) });

const renewalRequest: z.ZodType<AdminLicenseRequest> = z.strictObject({ note: largeNoteField });

export const LICENSE_ROUTES: LicenseRoutes = {
  licenses: { ...bare("GET", "/v1/licenses"), answer: licenses },
  installLicense: { ...handedIn("/v1/licenses"), answer: license },
  requestRenewal: {
    ...queried("POST", "/v1/licenses/renewal", decodeVendorQuery),
    answer: renewalRequest,
  },
};
