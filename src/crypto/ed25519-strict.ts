import { fromHex } from "../base/bytes.ts";

/**
 * What an Ed25519 key and signature must be before any implementation looks at them. OpenSSL and
 * noble read RFC 8032 differently at its edges; behind this check they have nothing left to differ
 * about. Cost: a few byte comparisons.
 *
 * Refused: wrong lengths; S not below the group order (a second signature for the same message);
 * a point whose y is not below the field prime (a second encoding of the same point); a point of
 * small order, for which a signature says nothing about the message.
 */
export function isStrict(publicKey: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  return (
    isStrictPublicKey(publicKey) &&
    isStrictPoint(signature.subarray(0, 32)) &&
    isBelow(signature.subarray(32), GROUP_ORDER)
  );
}

/** 32 bytes, one encoding, not of small order. Does not say that the point is on the curve. */
export function isStrictPublicKey(publicKey: Uint8Array): boolean {
  return publicKey.length === 32 && isStrictPoint(publicKey);
}

/** 2^252 + 27742317777372353535851937790883648493, little-endian. */
const GROUP_ORDER: Uint8Array = fromHex(
  "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
);

/** 2^255 - 19, little-endian. */
const FIELD_PRIME: Uint8Array = fromHex(
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
);

/**
 * The y coordinates of the eight points of small order: 0, 1, -1 and the two of order 8. Their
 * encodings with a set sign bit are covered too, also those that no curve point has.
 */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
].map(fromHex);

function isStrictPoint(encoded: Uint8Array): boolean {
  const y = encoded.slice();
  y[31] = (y[31] ?? 0) & 0x7f;
  return isBelow(y, FIELD_PRIME) && !SMALL_ORDER_Y.some((small) => sameBytes(small, y));
}

/** Both little-endian and of equal length. */
function isBelow(value: Uint8Array, bound: Uint8Array): boolean {
  for (let index = bound.length - 1; index >= 0; index -= 1) {
    const difference = (value[index] ?? 0) - (bound[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.every((byte, index) => byte === right[index]);
}
