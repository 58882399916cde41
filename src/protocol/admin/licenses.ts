import { z } from "zod";
import type { UnixMillis } from "../../base/time.ts";
import { countField, momentField, productNameField, vendorNameField } from "../fields.ts";
import { wordField } from "./fields.ts";
import { type AdminRoute, bare, handedIn } from "./route.ts";

// The licenses of the site, in force or not.

export interface AdminLicense {
  readonly vendor: string;
  readonly licenseId: string;
  readonly site: string;
  readonly issuedAt: UnixMillis;
  /** Empty when it is in force; otherwise why not, as a code of docs/ERRORS.md. */
  readonly problem: string;
  readonly features: readonly AdminLicenseFeature[];
  readonly meters: readonly AdminLicenseMeter[];
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
}

export interface AdminLicenseMeter {
  readonly meter: string;
  readonly unit: string;
  readonly period: string;
  /** Units per period; null for no limit. */
  readonly quota: number | null;
}

interface AdminLicenses {
  readonly licenses: readonly AdminLicense[];
}

export interface LicenseRoutes {
  readonly licenses: AdminRoute<undefined, AdminLicenses>;
  /** The file is the license. */
  readonly installLicense: AdminRoute<Uint8Array, AdminLicense>;
}

const license: z.ZodType<AdminLicense> = z.strictObject({
  vendor: vendorNameField,
  licenseId: wordField,
  site: z.string().max(1_024),
  issuedAt: momentField,
  problem: z.string().max(128),
  features: z.array(
    z.strictObject({
      feature: productNameField,
      seats: countField,
      startsAt: momentField.nullable(),
      endsAt: momentField.nullable(),
      graceUntil: momentField.nullable(),
      borrow: z.strictObject({ days: countField, seats: countField }).nullable(),
    }),
  ),
  meters: z.array(
    z.strictObject({
      meter: productNameField,
      unit: wordField,
      period: wordField,
      quota: countField.nullable(),
    }),
  ),
});

const licenses: z.ZodType<AdminLicenses> = z.strictObject({ licenses: z.array(license) });

export const LICENSE_ROUTES: LicenseRoutes = {
  licenses: { ...bare("GET", "/v1/licenses"), answer: licenses },
  installLicense: { ...handedIn("/v1/licenses"), answer: license },
};
