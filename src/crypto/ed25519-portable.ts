import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, equalBytes } from "../base/bytes.ts";
import type { Signer } from "./ed25519.ts";
import { isStrict } from "./ed25519-strict.ts";

/**
 * The signer of `ed25519.ts` in JavaScript alone: the same bytes, about twenty times slower. For places without
 * Node's crypto, and as the cross-check of the native one.
 * @param seed 32 bytes; copied.
 * @throws RangeError for another length.
 */
export function portableSigner(seed: Uint8Array): Signer {
  if (seed.length !== 32) throw new RangeError("an ed25519 seed has 32 bytes");
  const secret = seed.slice();
  return {
    publicKey: ed25519.getPublicKey(secret),
    sign: (message) => ed25519.sign(message, secret),
  };
}

/** Accepts and refuses exactly what `verifySignature` does. */
export function verifySignaturePortable(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!isStrict(publicKey, signature)) return false;
  const key = pointOf(publicKey);
  return key !== undefined && satisfiesEquation(key, publicKey, message, signature);
}

type Point = InstanceType<typeof ed25519.Point>;

/**
 * R = S·B − h·A, compared as bytes, without the cofactor. noble's own `verify` multiplies by the
 * cofactor and so accepts an R with a torsion part that OpenSSL refuses.
 */
function satisfiesEquation(
  key: Point,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const r = signature.subarray(0, 32);
  const h = scalar(sha512(concat(r, publicKey, message))) % ed25519.Point.Fn.ORDER;
  const s = scalar(signature.subarray(32));
  const found = ed25519.Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(h));
  return equalBytes(found.toBytes(), r);
}

function pointOf(encoded: Uint8Array): Point | undefined {
  try {
    return ed25519.Point.fromBytes(encoded, false);
  } catch {
    // Half of all y coordinates belong to no point of the curve.
    return undefined;
  }
}

function scalar(littleEndian: Uint8Array): bigint {
  let value = 0n;
  for (const byte of littleEndian.toReversed()) value = value * 256n + BigInt(byte);
  return value;
}
