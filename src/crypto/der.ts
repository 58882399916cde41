import { concat, fromHex } from "../base/bytes.ts";

// Writes the little of ASN.1 DER (X.690) that a certificate is made of. Nothing here reads: foreign
// certificates are parsed by Node's own crypto.

/** One element: tag, length, contents. */
export function derElement(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concat(...contents);
  return concat(Uint8Array.of(tag), lengthOf(content.length), content);
}

export const derSequence = (...parts: readonly Uint8Array[]): Uint8Array =>
  derElement(0x30, ...parts);

export const derSet = (...parts: readonly Uint8Array[]): Uint8Array => derElement(0x31, ...parts);

export const derOctets = (bytes: Uint8Array): Uint8Array => derElement(0x04, bytes);

/** A bit string of whole bytes. */
export const derBits = (bytes: Uint8Array): Uint8Array => derElement(0x03, Uint8Array.of(0), bytes);

/** A non-negative integer from its big-endian bytes, shortened to its one encoding. */
export function derInteger(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  const sign = (digits[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0);
  return derElement(0x02, sign, digits);
}

/** An object identifier from its dotted form. */
export function derOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return derElement(0x06, ...[first * 40 + second, ...rest].map(base128));
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const hex = length.toString(16);
  const digits = fromHex(hex.length % 2 === 0 ? hex : `0${hex}`);
  return concat(Uint8Array.of(0x80 + digits.length), digits);
}

/** Seven bits a byte, all but the last marked. */
function base128(value: number): Uint8Array {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift((rest % 128) + 128);
  }
  return Uint8Array.from(digits);
}
