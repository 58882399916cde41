import { describe, expect, it } from "vitest";
import { fromHex } from "../../src/base/bytes.ts";
import { chainId } from "../../src/base/ids.ts";
import { unixMillis } from "../../src/base/time.ts";
import { issuerKeyName, writeIssuer } from "../../src/license/issuer.ts";
import { readLicense } from "../../src/license/license.ts";
import { checkBinding, checkNotEnded, phaseOf, startOf } from "../../src/license/license-checks.ts";
import { decodeTerms } from "../../src/license/terms.ts";
import {
  chain,
  daemon,
  genesisLeaf,
  hostHash,
  issuerFrom,
  issuerNote,
  issuerUntil,
  issuing,
  licenseWith,
  mallory,
  noon,
  resigned,
  root,
  trust,
  vendor,
} from "./given.ts";

const license = licenseWith({});
const issuerName = issuerKeyName(vendor);

/** The same license with another text under a good signature. */
const rewritten = (edit: (text: string) => string): string =>
  resigned(license, issuerName, issuing, edit);

const reading = (text: string | Uint8Array) => (): unknown => readLicense(text, trust);
const refusal = (code: string): unknown => expect.objectContaining({ code });

describe("a license file that was damaged on its way", () => {
  it("names a changed term", () => {
    expect(reading(license.replace('"seats": 3', '"seats": 300'))).toThrow(
      refusal("LICENSE_SIGNATURE"),
    );
  });

  it("names line endings changed by a mail program or editor", () => {
    expect(reading(license.replaceAll("\n", "\r\n"))).toThrow(refusal("NOTE_CRLF"));
  });

  it.each([
    ["in its middle", license.slice(0, 400)],
    ["at a line's end, before the signature", license.slice(0, license.indexOf("\n\n") + 1)],
    ["in the signature line", license.slice(0, -10)],
    ["to nothing", ""],
  ])("names being cut %s", (_, text) => {
    expect(reading(text)).toThrow(refusal("NOTE_TRUNCATED"));
  });

  it("names bytes that are not text", () => {
    expect(reading(Uint8Array.of(0xff, 0xfe, 0x73, 0x00))).toThrow(refusal("NOTE_MALFORMED"));
  });
});

describe("a license under the wrong signature", () => {
  it("names one by a key that only claims to be the issuing key", () => {
    expect(reading(licenseWith({}, mallory))).toThrow(refusal("LICENSE_UNSIGNED"));
  });

  it("names an issuing key that the root key did not certify", () => {
    const issuer = writeIssuer(
      { vendor, key: mallory.publicKey, notBefore: issuerFrom, notAfter: null },
      mallory,
    );
    expect(reading(licenseWith({ issuer }, mallory))).toThrow(refusal("LICENSE_ISSUER"));
  });

  it("names a certificate that was made for another vendor's issuing key", () => {
    const issuer = resigned(issuerNote, vendor, root, (text) =>
      text.replace("acme.example", "other.example"),
    );
    expect(reading(licenseWith({ issuer }))).toThrow(refusal("LICENSE_ISSUER"));
  });

  it("names a certificate with a field that is wrong", () => {
    const issuer = resigned(issuerNote, vendor, root, (text) => text.replace("not_after", "until"));
    expect(reading(licenseWith({ issuer }))).toThrow(refusal("LICENSE_ISSUER"));
  });

  it.each([
    ["before its issuing key was certified", unixMillis(issuerFrom - 1)],
    ["after its issuing key ended", issuerUntil],
  ])("names being dated %s", (_, issuedAt) => {
    expect(reading(licenseWith({ issuedAt }))).toThrow(refusal("LICENSE_ISSUER_EXPIRED"));
  });

  it("names another vendor", () => {
    const by = { vendorName: "other.example", rootKey: root.publicKey };
    expect(() => readLicense(license, by)).toThrow(refusal("LICENSE_WRONG_VENDOR"));
  });
});

describe("a license that this release does not understand", () => {
  it("names an unknown kind", () => {
    expect(
      reading(rewritten((text) => text.replace("seatkeeper license", "seatkeeper lcs"))),
    ).toThrow(refusal("NOTE_KIND"));
  });

  it("names another known kind", () => {
    expect(reading(issuerNote)).toThrow(refusal("NOTE_KIND"));
  });

  it("names a later version", () => {
    expect(reading(rewritten((text) => text.replace("license v1", "license v2")))).toThrow(
      refusal("NOTE_VERSION"),
    );
  });

  it.each([
    ["at the top", (text: string) => text.replace('"suite": 1,', '"suite": 1,\n  "colour": 1,')],
    ["in a feature", (text: string) => text.replace('"seats": 3,', '"seats": 3,\n        "x": 1,')],
  ])("names an unknown field %s", (_, edit) => {
    expect(reading(rewritten(edit))).toThrow(refusal("LICENSE_UNKNOWN_FIELD"));
  });

  it("passes over what stands under ext", () => {
    const text = rewritten((before) =>
      before.replace('"suite": 1,', '"suite": 1,\n  "ext": {\n    "crm": "A-17"\n  },'),
    );
    expect(readLicense(text, trust).licenseId).toBe("00112233445566778899aabbccddeeff");
  });

  it.each([
    ["ledger suite", '"suite": 1', '"suite": 2'],
    ["ledger format", '"min_format": 1', '"min_format": 2'],
  ])("names another %s", (_, before, after) => {
    expect(reading(rewritten((text) => text.replace(before, after)))).toThrow(
      refusal("LICENSE_FORMAT"),
    );
  });
});

describe("a license that is badly written", () => {
  it("names a duplicate json key", () => {
    const text = rewritten((before) => before.replace('"suite": 1,', '"suite": 2,\n  "suite": 1,'));
    expect(reading(text)).toThrow(refusal("NOTE_JSON"));
  });

  it.each([
    ["seats that are no number", '"seats": 3', '"seats": "3"'],
    ["no seats", /"seats": 3,\s+/, ""],
    ["a time with its unit", '"lease_time": 90000', '"lease_time": "90s"'],
    ["an origin that is not its own", "/skc/7150", "/skc/8150"],
    ["a key that is too short", `"genesis_leaf": "iGYX`, `"genesis_leaf": "`],
  ])("names %s", (_, before, after) => {
    expect(reading(rewritten((text) => text.replace(before, after)))).toThrow(
      refusal("LICENSE_FIELD"),
    );
  });

  it("says which field", () => {
    const text = rewritten((before) => before.replace('"seats": 3', '"seats": 0'));
    expect(reading(text)).toThrow(
      "license: terms.features.0.seats must be a whole number from 1 to 1000000",
    );
  });
});

describe("a license for another place", () => {
  const site = { chainId: chain, genesisLeaf, daemonKey: daemon.publicKey, hostHash };
  const read = readLicense(license, trust);

  it("is accepted at its own", () => {
    expect(() => {
      checkBinding(read, site);
    }).not.toThrow();
  });

  it.each([
    ["ledger", { chainId: chainId("00".repeat(16)) }, "LICENSE_WRONG_CHAIN"],
    ["first block", { genesisLeaf: fromHex("00".repeat(32)) }, "LICENSE_WRONG_CHAIN"],
    ["daemon key", { daemonKey: mallory.publicKey }, "LICENSE_WRONG_DAEMON"],
    ["host", { hostHash: "cd".repeat(32) }, "LICENSE_WRONG_HOST"],
  ])("names another %s", (_, other, code) => {
    expect(() => {
      checkBinding(read, { ...site, ...other });
    }).toThrow(refusal(code));
  });
});

describe("a license at another time", () => {
  const terms = decodeTerms({
    site: "Example Studio",
    features: [
      {
        name: "cad.pro",
        seats: 3,
        starts_at: "2026-12-01",
        expires_at: "2026-12-31",
        grace_days: 5,
      },
    ],
  });
  const read = readLicense(licenseWith({ terms }), trust);
  const at = (iso: string) => (): void => {
    checkNotEnded(read, unixMillis(Date.parse(iso)));
  };

  it("may wait for its start, which it names", () => {
    expect(at("2026-11-30T23:59:59.999Z")).not.toThrow();
    expect(phaseOf(read, noon)).toBe("not-started");
    expect(startOf(read, noon)).toBe(Date.parse("2026-12-01T00:00:00.000Z"));
  });

  it("is accepted from its first millisecond to the last of its grace", () => {
    expect(at("2026-12-01T00:00:00.000Z")).not.toThrow();
    expect(at("2027-01-05T23:59:59.999Z")).not.toThrow();
  });

  it("names that it has expired", () => {
    expect(at("2027-01-06T00:00:00.000Z")).toThrow(refusal("LICENSE_EXPIRED"));
  });

  it("never starts when it ends before", () => {
    const never = decodeTerms({
      site: "Example Studio",
      not_after: "2026-11-30",
      features: [{ name: "cad.pro", seats: 3, starts_at: "2027-01-01" }],
    });
    expect(phaseOf({ terms: never }, noon)).toBe("ended");
  });
});
