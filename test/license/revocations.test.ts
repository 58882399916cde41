import { describe, expect, it } from "vitest";
import { unixMillis } from "../../src/base/time.ts";
import { readLicense } from "../../src/license/license.ts";
import { refuseRevoked } from "../../src/license/revocation-checks.ts";
import {
  newestRevocations,
  type Revocations,
  readRevocations,
  writeRevocations,
} from "../../src/license/revocations.ts";
import {
  issuing,
  licenseFields,
  licenseWith,
  mallory,
  noon,
  root,
  trust,
  vendor,
} from "./given.ts";

const fields: Omit<Revocations, "text"> = {
  vendor,
  number: 1,
  issuedAt: noon,
  issuers: [],
  licenses: [],
};

const listOf = (changes: Partial<Revocations>, signer = root): Revocations =>
  readRevocations(writeRevocations({ ...fields, ...changes }, signer), trust);

const idOf = (count: number): string => count.toString(16).padStart(32, "0");

function codeOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

describe("a list of revocations", () => {
  it("gives back what the root key signed", () => {
    const said = { number: 7, issuers: [issuing.publicKey], licenses: [licenseFields.licenseId] };
    expect(listOf(said)).toMatchObject({ ...fields, ...said });
  });

  it("is not believed from another key, the issuing key neither", () => {
    for (const signer of [mallory, issuing])
      expect(codeOf(() => listOf({}, signer))).toBe("REVOCATIONS_SIGNATURE");
  });

  it("of another vendor is refused", () => {
    const other = { vendorName: "other.example", rootKey: root.publicKey };
    const text = writeRevocations(fields, root);
    expect(codeOf(() => readRevocations(text, other))).toBe("REVOCATIONS_SIGNATURE");
  });

  it("names at most 500 licenses and 100 issuing keys", () => {
    const licenses = Array.from({ length: 501 }, (_, count) => idOf(count));
    const issuers = Array.from({ length: 101 }, () => issuing.publicKey);
    expect(codeOf(() => listOf({ licenses: licenses.slice(1) }))).toBeUndefined();
    expect(codeOf(() => listOf({ licenses }))).toBe("REVOCATIONS_FIELD");
    expect(codeOf(() => listOf({ issuers }))).toBe("REVOCATIONS_FIELD");
  });

  it("is the newest by its number, whatever its date", () => {
    const older = listOf({ number: 2, issuedAt: unixMillis(noon + 1) });
    const newer = listOf({ number: 3 });
    expect(newestRevocations([undefined, newer, older])).toBe(newer);
    expect(newestRevocations([undefined])).toBeUndefined();
  });
});

describe("a license that the vendor has revoked", () => {
  const license = readLicense(licenseWith({}), trust);
  const refusal = (list: Revocations | undefined): unknown =>
    codeOf(() => {
      refuseRevoked(license, root.publicKey, list);
    });

  it("is refused by its id", () => {
    expect(refusal(listOf({ licenses: [idOf(1), license.licenseId] }))).toBe("LICENSE_REVOKED");
  });

  it("is refused with the key that signed it, whatever its date", () => {
    expect(refusal(listOf({ issuers: [issuing.publicKey] }))).toBe("LICENSE_ISSUER_REVOKED");
  });

  it("is one that the list names, and no other", () => {
    expect(refusal(listOf({ licenses: [idOf(1)], issuers: [mallory.publicKey] }))).toBeUndefined();
    expect(refusal(undefined)).toBeUndefined();
  });

  it("may itself bring a list, which is read under the root key", () => {
    const revocations = listOf({ number: 4 });
    expect(readLicense(licenseWith({ revocations }), trust).revocations).toEqual(revocations);
    const forged = { ...revocations, text: writeRevocations(fields, mallory) };
    expect(codeOf(() => readLicense(licenseWith({ revocations: forged }), trust))).toBe(
      "REVOCATIONS_SIGNATURE",
    );
  });
});
