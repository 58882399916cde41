import { type UnixMillis, unixMillis } from "../base/time.ts";
import type { FeatureTerms } from "../license/feature-terms.ts";
import type { License } from "../license/license.ts";
import { featureValidity, phaseOf } from "../license/license-checks.ts";
import type { Terms } from "../license/terms.ts";
import type { AdminLicense, AdminLicenseFeature } from "../protocol/admin/licenses.ts";
import type { ShelvedLicense } from "./license-shelf.ts";
import type { VendorDesk } from "./vendor-desk.ts";

/** The licenses of every vendor, those that are not in force among them. */
export const siteLicenses = (desks: Iterable<VendorDesk>): readonly AdminLicense[] =>
  [...desks].flatMap(({ name, core }) => {
    const { wall } = core.time.now();
    return core.shelf.all.map((shelved) => shelvedLicense(name, shelved, wall));
  });

function shelvedLicense(vendor: string, shelved: ShelvedLicense, now: UnixMillis): AdminLicense {
  if (shelved.kind === "license") return goodLicense(shelved.license, now);
  return {
    vendor,
    state: "refused",
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
export function goodLicense(license: License, now: UnixMillis): AdminLicense {
  const { vendor, licenseId, issuedAt, terms } = license;
  const state = phaseOf(license, now);
  const features = terms.features.map((feature) => licensedFeature(terms, feature));
  const meters = terms.meters.map(({ name, ...meter }) => ({ meter: name, ...meter }));
  const pools = terms.pools.map(({ name, tokens }) => ({ pool: name, tokens }));
  const { site } = terms;
  return { vendor, licenseId, site, issuedAt, state, problem: "", features, meters, pools };
}

function licensedFeature(terms: Terms, feature: FeatureTerms): AdminLicenseFeature {
  const paid = featureValidity(terms, { ...feature, graceDays: 0 });
  const { endsAt } = featureValidity(terms, feature);
  // The dates are told as the license's own term bounds them.
  const { name, startsAt: _, expiresAt: __, graceDays: ___, ...others } = feature;
  const graceUntil = endsAt === paid.endsAt ? null : endsAt;
  return { feature: name, ...others, ...paid, graceUntil };
}
