import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { deriveKeyPair, type HpkeAead, setupReceiver, setupSender } from "../../src/crypto/hpke.ts";

/** One entry of the official test-vectors.json of RFC 9180, as far as these tests read it. */
interface Vector {
  readonly mode: number;
  readonly kem_id: number;
  readonly kdf_id: number;
  readonly aead_id: number;
  readonly info: string;
  readonly ikmR: string;
  readonly ikmE: string;
  readonly skRm: string;
  readonly pkRm: string;
  readonly skEm: string;
  readonly enc: string;
  readonly encryptions: readonly {
    readonly aad: string;
    readonly ct: string;
    readonly pt: string;
  }[];
  readonly exports: readonly {
    readonly exporter_context: string;
    readonly L: number;
    readonly exported_value: string;
  }[];
}

const AEADS: ReadonlyMap<number, HpkeAead> = new Map([
  [3, "chacha20poly1305"],
  [0xffff, "export-only"],
]);

const isOurs = (vector: Vector): boolean =>
  vector.mode === 0 && vector.kem_id === 32 && vector.kdf_id === 1 && AEADS.has(vector.aead_id);

const cut = JSON.parse(
  readFileSync(new URL("../vectors/rfc9180-base-x25519.json", import.meta.url), "utf8"),
) as Vector[];

/** The whole official test-vectors.json, gzipped, when the environment names a copy. */
const officialFile = process.env["HPKE_VECTORS"];
const official =
  officialFile === undefined
    ? []
    : (JSON.parse(gunzipSync(readFileSync(officialFile)).toString("utf8")) as Vector[]);

function expectAgreement(vector: Vector): void {
  const aead = AEADS.get(vector.aead_id) ?? "export-only";
  const info = fromHex(vector.info);
  const recipient = deriveKeyPair(fromHex(vector.ikmR));
  expect(toHex(recipient.secret)).toBe(vector.skRm);
  expect(toHex(recipient.publicKey)).toBe(vector.pkRm);
  expect(toHex(deriveKeyPair(fromHex(vector.ikmE)).secret)).toBe(vector.skEm);

  const sender = setupSender({
    recipient: recipient.publicKey,
    info,
    aead,
    ikmE: fromHex(vector.ikmE),
  });
  expect(toHex(sender.enc)).toBe(vector.enc);
  const receiver = setupReceiver({ secret: recipient.secret, enc: sender.enc, info, aead });

  for (const { aad, pt, ct } of vector.encryptions) {
    expect(toHex(sender.context.seal(fromHex(aad), fromHex(pt)))).toBe(ct);
    expect(receiver.open(fromHex(aad), fromHex(ct))).toEqual(fromHex(pt));
  }
  for (const { exporter_context: label, L, exported_value: value } of vector.exports) {
    expect(toHex(sender.context.exportSecret(fromHex(label), L))).toBe(value);
    expect(toHex(receiver.exportSecret(fromHex(label), L))).toBe(value);
  }
}

describe("the numbers of RFC 9180, base mode, X25519 and HKDF-SHA256", () => {
  it.each(cut)("are ours for aead $aead_id", (vector) => {
    expectAgreement(vector);
  });

  it("cover both suites the ledger uses", () => {
    expect(cut.filter(isOurs).map((vector) => vector.aead_id)).toEqual([3, 65535]);
  });
});

describe.runIf(officialFile !== undefined)("the whole official vector file", () => {
  const ours = official.filter(isOurs);

  it("is the file of 128 vectors, with both suites in it", () => {
    expect(official).toHaveLength(128);
    expect(ours.map((vector) => vector.aead_id).toSorted((a, b) => a - b)).toEqual([3, 65535]);
  });

  it.each(ours)("agrees with us for aead $aead_id", (vector) => {
    expectAgreement(vector);
  });
});
