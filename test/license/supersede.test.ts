import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { CodedError } from "../../src/base/errors.ts";
import { chainId } from "../../src/base/ids.ts";
import { unixMillis } from "../../src/base/time.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { readLicense } from "../../src/license/license.ts";
import { readRevocations, writeRevocations } from "../../src/license/revocations.ts";
import { checkSupersede, readSupersede } from "../../src/license/supersede.ts";
import { chainOrigin, signHead } from "../../src/note/checkpoint.ts";
import {
  daemon,
  issuerUntil,
  issuing,
  licenseWith,
  mallory,
  noon,
  noteTrust,
  origin,
  root,
  supersedeWith,
  trust,
  vendor,
} from "./given.ts";

/** The code of the error that `work` ends with. */
function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return error instanceof CodedError ? String(error.code) : String(error);
  }
  return undefined;
}

const other = chainId("00112233445566778899aabbccddeeff");
const read = (note: string): unknown => readSupersede(note, noteTrust);

describe("a supersede note", () => {
  it("says which head goes on, up to where others are given up, which were seen, and why", () => {
    expect(readSupersede(supersedeWith(), noteTrust)).toMatchObject({
      number: 2,
      accepted: { size: 12, root: sha256(utf8("twelve blocks")) },
      abandonedUpTo: 18,
      abandoned: [{ size: 18, root: sha256(utf8("eighteen blocks")) }],
      reason: "the disk was put back after a crash",
      issuedAt: noon,
    });
  });

  it("travels in a license, which is refused with one that does not hold", () => {
    const supersede = readSupersede(supersedeWith(), noteTrust);
    expect(readLicense(licenseWith({ supersede }), trust).supersede).toEqual(supersede);
    const forged = { ...supersede, text: supersedeWith({}, mallory) };
    expect(codeOf(() => readLicense(licenseWith({ supersede: forged }), trust))).toBe(
      "SUPERSEDE_SIGNATURE",
    );
  });
});

describe("a supersede note is refused", () => {
  it.each([
    ["SUPERSEDE_SIGNATURE", "that somebody else signed", supersedeWith({}, mallory)],
    ["SUPERSEDE_SIGNATURE", "that was changed", supersedeWith().replace("put back", "stolen  ")],
    ["SUPERSEDE_WRONG_CHAIN", "for another ledger", supersedeWith({ chainId: other })],
    ["SUPERSEDE_WRONG_CHAIN", "by another vendor", supersedeWith({ vendor: "other.example" })],
    ["LICENSE_ISSUER_EXPIRED", "dated after its key", supersedeWith({ issuedAt: issuerUntil })],
    ["SUPERSEDE_FIELD", "with a number of 0", supersedeWith({ number: 0 })],
    ["SUPERSEDE_FIELD", "with a reason of two lines", supersedeWith({ reason: "one\ntwo" })],
    [
      "SUPERSEDE_FIELD",
      "about a head that the daemon did not sign",
      supersedeWith({ head: signHead(head(12), { name: origin, signer: mallory }) }),
    ],
    [
      "SUPERSEDE_FIELD",
      "about a head of another ledger",
      supersedeWith({
        head: signHead(
          { ...head(12), origin: chainOrigin(vendor, other) },
          { name: chainOrigin(vendor, other), signer: daemon },
        ),
      }),
    ],
  ])("with %s: one %s", (code, _, note) => {
    expect(codeOf(() => read(note))).toBe(code);
  });

  it("with LICENSE_ISSUER_REVOKED: one by a key that the vendor has revoked", () => {
    const text = writeRevocations(
      { vendor, number: 1, issuedAt: noon, issuers: [issuing.publicKey], licenses: [] },
      root,
    );
    const revocations = readRevocations(text, trust);
    expect(codeOf(() => readSupersede(supersedeWith(), { ...noteTrust, revocations }))).toBe(
      "LICENSE_ISSUER_REVOKED",
    );
  });
});

describe("at a site, a supersede note", () => {
  const note = readSupersede(supersedeWith(), noteTrust);
  const roots = new Map([[12, note.accepted.root]]);
  const rootAt = (size: number): Uint8Array => roots.get(size) ?? new Uint8Array(32);
  const site = { newest: undefined, size: 14, rootAt };

  it("is new once, and the same again is no mistake", () => {
    expect(checkSupersede(note, site)).toBe("new");
    expect(checkSupersede(note, { ...site, newest: note })).toBe("repeated");
  });

  it("is refused with SUPERSEDE_OLDER after a newer one, or under the number of another", () => {
    const newer = readSupersede(supersedeWith({ number: 3 }), noteTrust);
    const twin = readSupersede(supersedeWith({ issuedAt: unixMillis(noon + 1) }), noteTrust);
    expect(codeOf(() => checkSupersede(note, { ...site, newest: newer }))).toBe("SUPERSEDE_OLDER");
    expect(codeOf(() => checkSupersede(twin, { ...site, newest: note }))).toBe("SUPERSEDE_OLDER");
    expect(checkSupersede(newer, { ...site, newest: note })).toBe("new");
  });

  it("is refused with SUPERSEDE_OTHER_BRANCH where the ledger does not go on from its head", () => {
    const elsewhere = { ...site, rootAt: () => new Uint8Array(32) };
    expect(codeOf(() => checkSupersede(note, elsewhere))).toBe("SUPERSEDE_OTHER_BRANCH");
    expect(codeOf(() => checkSupersede(note, { ...site, size: 11 }))).toBe(
      "SUPERSEDE_OTHER_BRANCH",
    );
  });
});

function head(size: number): { origin: string; size: number; root: Uint8Array } {
  return { origin, size, root: sha256(utf8("some blocks")) };
}
