import { unixMillis } from "../base/time.ts";
import type { FeatureTerms } from "../license/feature-terms.ts";
import type { License } from "../license/license.ts";
import { featureValidity } from "../license/license-checks.ts";
import type { Terms } from "../license/terms.ts";
import type { AdminLicense, AdminLicenseFeature } from "../protocol/admin/licenses.ts";
import type { ShelvedLicense } from "./license-shelf.ts";
import type { VendorDesk } from "./vendor-desk.ts";

/** The licenses of every vendor, those that are not in force among them. */
export const siteLicenses = (desks: Iterable<VendorDesk>): readonly AdminLicense[] =>
  [...desks].flatMap(({ name, core }) =>
    core.shelf.all.map((shelved) => shelvedLicense(name, shelved)),
  );

function shelvedLicense(vendor: string, shelved: ShelvedLicense): AdminLicense {
  if (shelved.kind === "license") return licenseInForce(shelved.license);
  return {
    vendor,
    licenseId: shelved.file.replace(/\.sklic$/, ""),
    site: "",
    issuedAt: unixMillis(0),
    problem: shelved.problem.code,
    features: [],
    meters: [],
    pools: [],
  };
}

/** A license that was found good. */
export function licenseInForce({ vendor, licenseId, issuedAt, terms }: License): AdminLicense {
  const features = terms.features.map((feature) => licensedFeature(terms, feature));
  const meters = terms.meters.map(({ name, ...meter }) => ({ meter: name, ...meter }));
  const pools = terms.pools.map(({ name, tokens }) => ({ pool: name, tokens }));
  return { vendor, licenseId, site: terms.site, issuedAt, problem: "", features, meters, pools };
}

function licensedFeature(terms: Terms, feature: FeatureTerms): AdminLicenseFeature {
  const paid = featureValidity(terms, { ...feature, graceDays: 0 });
  const { endsAt } = featureValidity(terms, feature);
  // The dates are told as the license's own term bounds them.
  const { name, startsAt: _, expiresAt: __, graceDays: ___, ...others } = feature;
  const graceUntil = endsAt === paid.endsAt ? null : endsAt;
  return { feature: name, ...others, ...paid, graceUntil };
}
