import { readFileSync } from "node:fs";
import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex, utf8 } from "../../src/base/bytes.ts";
import { signerFromSeed, verifySignature } from "../../src/crypto/ed25519.ts";
import { portableSigner, verifySignaturePortable } from "../../src/crypto/ed25519-portable.ts";
import { isStrictPublicKey } from "../../src/crypto/ed25519-strict.ts";

/** Made by make-ed25519-edge.py beside it; each is a place where implementations are known to differ. */
const edges = JSON.parse(
  readFileSync(new URL("../vectors/ed25519-edge.json", import.meta.url), "utf8"),
) as {
  readonly claim: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
  readonly accepted: boolean;
}[];

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

/** RFC 8032, section 7.1. */
const RFC_8032 = [
  {
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
];

describe.each([
  { implementation: "native", make: signerFromSeed, verify: verifySignature },
  { implementation: "portable", make: portableSigner, verify: verifySignaturePortable },
])("the $implementation ed25519", ({ make, verify }) => {
  it.each(RFC_8032)("signs the message $message as RFC 8032 does", (vector) => {
    const signer = make(fromHex(vector.seed));
    expect(toHex(signer.publicKey)).toBe(vector.publicKey);
    expect(toHex(signer.sign(fromHex(vector.message)))).toBe(vector.signature);
    expect(
      verify(fromHex(vector.publicKey), fromHex(vector.message), fromHex(vector.signature)),
    ).toBe(true);
  });

  it.each(edges)("judges $claim: $accepted", (edge) => {
    const { publicKey, message, signature } = edge;
    expect(verify(fromHex(publicKey), fromHex(message), fromHex(signature))).toBe(edge.accepted);
  });

  it("keeps signing after its seed was erased", () => {
    const seed = fromHex(RFC_8032[0]?.seed ?? "");
    const signer = make(seed);
    seed.fill(0);
    expect(toHex(signer.sign(new Uint8Array(0)))).toBe(RFC_8032[0]?.signature);
  });

  it("takes seeds of 32 bytes alone", () => {
    expect(() => make(new Uint8Array(31))).toThrow(RangeError);
  });
});

describe("native and portable ed25519", () => {
  it("give the same keys and signatures", () => {
    fc.assert(
      fc.property(bytes(32), fc.uint8Array({ maxLength: 300 }), (seed, message) => {
        const [native, portable] = [signerFromSeed(seed), portableSigner(seed)];
        expect(portable.publicKey).toEqual(native.publicKey);
        expect(portable.sign(message)).toEqual(native.sign(message));
      }),
      { numRuns: 40 },
    );
  });

  it("refuse every signature with one bit changed", () => {
    const signer = signerFromSeed(fromHex(RFC_8032[0]?.seed ?? ""));
    const message = utf8("a lease");
    const signature = signer.sign(message);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 511 }), (bit) => {
        const changed = signature.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(verifySignature(signer.publicKey, message, changed)).toBe(false);
        expect(verifySignaturePortable(signer.publicKey, message, changed)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it("agree on whatever is put together from edge cases", () => {
    const anyKey = fc.oneof(
      bytes(32),
      fc.constantFrom(...edges.map((edge) => fromHex(edge.publicKey))),
    );
    const anyHalf = fc.oneof(
      bytes(32),
      fc.constantFrom(
        ...edges.flatMap((edge) => {
          const signature = fromHex(edge.signature);
          return [signature.slice(0, 32), signature.slice(32)];
        }),
      ),
    );
    const anyMessage = fc.constantFrom(...edges.map((edge) => fromHex(edge.message)));
    fc.assert(
      fc.property(anyKey, anyMessage, anyHalf, anyHalf, (key, message, r, s) => {
        const signature = Uint8Array.from([...r, ...s]);
        expect(verifySignaturePortable(key, message, signature)).toBe(
          verifySignature(key, message, signature),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("accept keys with a torsion part exactly when the equation holds without the cofactor", () => {
    const accepted = edges.filter((edge) => edge.claim.includes("torsion") && edge.accepted);
    expect(accepted.map((edge) => edge.claim)).toEqual([
      "a key with a torsion part, right without the cofactor, number 1",
      "torsion in key and R that cancels, number 1",
      "a key with a torsion part, right without the cofactor, number 4",
      "torsion in key and R that cancels, number 4",
    ]);
  });

  it("need the check before them: noble alone accepts what openssl does not", () => {
    const edge = edges.find((candidate) => candidate.claim.startsWith("an R with a torsion part"));
    const [key, message, signature] = [edge?.publicKey, edge?.message, edge?.signature].map((hex) =>
      fromHex(hex ?? ""),
    ) as [Uint8Array, Uint8Array, Uint8Array];
    expect(ed25519.verify(signature, message, key, { zip215: false })).toBe(true);
    expect(verifySignature(key, message, signature)).toBe(false);
  });

  it("still know a key after meeting more keys than are kept", () => {
    const signer = signerFromSeed(fromHex(RFC_8032[0]?.seed ?? ""));
    const signature = signer.sign(utf8("a lease"));
    const stranger = new Uint8Array(32);
    for (let index = 2; index < 4_200; index += 1) {
      new DataView(stranger.buffer).setUint32(0, index);
      expect(verifySignature(stranger, utf8("a lease"), signature)).toBe(false);
    }
    expect(verifySignature(signer.publicKey, utf8("a lease"), signature)).toBe(true);
  });
});

describe("a strict public key", () => {
  it("has 32 bytes, one encoding and no small order", () => {
    expect(isStrictPublicKey(fromHex(RFC_8032[0]?.publicKey ?? ""))).toBe(true);
    expect(isStrictPublicKey(new Uint8Array(32))).toBe(false);
    expect(isStrictPublicKey(new Uint8Array(31))).toBe(false);
  });
});
