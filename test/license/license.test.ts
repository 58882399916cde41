import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { unixMillis } from "../../src/base/time.ts";
import { writeIssuer } from "../../src/license/issuer.ts";
import { readLicense, writeLicense } from "../../src/license/license.ts";
import {
  checkNotEnded,
  featureValidity,
  holdsAt,
  meterValidity,
} from "../../src/license/license-checks.ts";
import { decodeTerms, type Terms } from "../../src/license/terms.ts";
import { readVendorFile, type VendorFile, writeVendorFile } from "../../src/license/vendor-file.ts";
import {
  genesisLeaf,
  issuerFrom,
  issuing,
  licenseFields,
  licenseWith,
  mallory,
  noon,
  origin,
  root,
  trust,
  vendor,
  vendorFields,
} from "./given.ts";

const cad = { name: "cad.pro", seats: 3 };
const day = (iso: string): ReturnType<typeof unixMillis> => unixMillis(Date.parse(iso));

/** The terms of one feature, and the feature. */
function featureOf(fields: object, license: object = {}): Parameters<typeof featureValidity> {
  const terms: Terms = decodeTerms({
    site: "Studio",
    features: [{ ...cad, ...fields }],
    ...license,
  });
  const [feature] = terms.features;
  if (!feature) throw new Error("no feature");
  return [terms, feature];
}

describe("a license", () => {
  it("gives back what was issued", () => {
    const text = licenseWith({});
    const made = { origin, suite: 1, acknowledged: null, text };
    expect(readLicense(text, trust)).toEqual({ ...licenseFields, ...made });
  });

  it("may say what of the ledger was acknowledged by then", () => {
    const acknowledged = { size: 118, root: genesisLeaf };
    expect(readLicense(licenseWith({ acknowledged }), trust)).toMatchObject({ acknowledged });
    expect(licenseWith({ acknowledged: null })).toBe(licenseWith({}));
  });

  it("is the same from its bytes", () => {
    const text = licenseWith({});
    expect(readLicense(utf8(text), trust)).toEqual(readLicense(text, trust));
  });

  it("may be signed by an issuing key without an end", () => {
    const issuer = writeIssuer(
      { vendor, key: issuing.publicKey, notBefore: issuerFrom, notAfter: null },
      root,
    );
    expect(readLicense(licenseWith({ issuer }), trust).issuer).toBe(issuer);
  });
});

describe("the seats of a feature hold", () => {
  it("always, when nothing else is said", () => {
    expect(featureValidity(...featureOf({}))).toEqual({ startsAt: null, endsAt: null });
  });

  it("until the end of the last paid day and its days of grace", () => {
    expect(featureValidity(...featureOf({ expires_at: "2027-01-31", grace_days: 14 }))).toEqual({
      startsAt: null,
      endsAt: day("2027-02-15T00:00:00Z"),
    });
  });

  it("inside the dates of the license, whichever are narrower", () => {
    const wide = { not_before: "2026-01-01", not_after: "2027-12-31" };
    const narrow = { not_before: "2026-12-24", not_after: "2026-12-26" };
    const dates = { starts_at: "2026-12-01", expires_at: "2026-12-31" };
    expect(featureValidity(...featureOf(dates, wide))).toEqual({
      startsAt: day("2026-12-01T00:00:00Z"),
      endsAt: day("2027-01-01T00:00:00Z"),
    });
    expect(featureValidity(...featureOf(dates, narrow))).toEqual({
      startsAt: day("2026-12-24T00:00:00Z"),
      endsAt: day("2026-12-27T00:00:00Z"),
    });
  });

  it("from their first millisecond until before their end", () => {
    const span = { startsAt: unixMillis(10), endsAt: unixMillis(20) };
    expect([9, 10, 19, 20].map((at) => holdsAt(span, unixMillis(at)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

describe("the meters of a license", () => {
  const terms = decodeTerms({
    site: "Studio",
    not_after: "2026-12-31",
    features: [{ ...cad, expires_at: "2026-01-31" }],
    meters: [{ name: "render.minutes", unit: "minutes" }],
  });

  it("hold as long as the license", () => {
    expect(meterValidity(terms)).toEqual({ startsAt: null, endsAt: day("2027-01-01T00:00:00Z") });
  });

  it("keep it alive when its features have expired", () => {
    const license = readLicense(licenseWith({ terms }), trust);
    expect(() => {
      checkNotEnded(license, noon);
    }).not.toThrow();
  });

  it("name the last end when everything is over", () => {
    const license = readLicense(licenseWith({ terms }), trust);
    expect(() => {
      checkNotEnded(license, day("2027-06-01T00:00:00Z"));
    }).toThrow("the license expired on 2027-01-01T00:00:00.000Z");
  });
});

const newer = (rootSigner = root): VendorFile =>
  readVendorFile(
    writeVendorFile({ ...vendorFields, rootKey: rootSigner.publicKey, issuers: [] }, rootSigner),
  );

describe("a license that brings a newer vendor file", () => {
  it("gives it back as the root key signed it", () => {
    const vendorFile = newer();
    const text = writeLicense({ ...licenseFields, vendorFile }, issuing);
    expect(readLicense(text, trust).vendorFile).toEqual(vendorFile);
  });

  it("is refused when another root key signed that: an issuing key cannot name keys to seal to", () => {
    const text = writeLicense({ ...licenseFields, vendorFile: newer(mallory) }, issuing);
    expect(() => readLicense(text, trust)).toThrow(
      expect.objectContaining({ code: "VENDOR_FILE_KEY" }),
    );
  });
});
