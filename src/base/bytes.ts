/** The parts one after another in a fresh array. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = unfilled(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Same length and content. Takes a time that depends on the content: not for secrets. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && Buffer.compare(left, right) === 0;
}

const ENCODER = new TextEncoder();
/** Made once: making one costs more than reading a message with it. */
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Uint8Array => ENCODER.encode(text);

/** @throws TypeError when the bytes are not UTF-8. A byte order mark is kept as a character. */
export function fromUtf8(bytes: Uint8Array): string {
  return DECODER.decode(bytes);
}

export const toHex = (bytes: Uint8Array): string => view(bytes).toString("hex");

/** @throws RangeError unless `text` is lower-case hex of whole bytes. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text))
    throw new RangeError("not lower-case hex");
  return new Uint8Array(Buffer.from(text, "hex"));
}

export const toBase64Url = (bytes: Uint8Array): string => view(bytes).toString("base64url");

/** @throws RangeError unless `text` is unpadded base64url in its one canonical form (RFC 4648, section 5). */
export function fromBase64Url(text: string): Uint8Array {
  return canonicalBase64(text, "base64url");
}

export const toBase64 = (bytes: Uint8Array): string => view(bytes).toString("base64");

/** @throws RangeError unless `text` is padded base64 in its one canonical form (RFC 4648, section 4). */
export function fromBase64(text: string): Uint8Array {
  return canonicalBase64(text, "base64");
}

/** Big-endian unsigned integers of 2, 4 and 8 bytes. @throws RangeError when the value does not fit. */
export const u8 = (value: number): Uint8Array => bigEndian(value, 1);
export const u16 = (value: number): Uint8Array => bigEndian(value, 2);
export const u32 = (value: number): Uint8Array => bigEndian(value, 4);
export const u64 = (value: number): Uint8Array => bigEndian(value, 8);

/**
 * Reads `width` bytes at `offset` as a big-endian unsigned integer.
 * @throws RangeError beyond the end, or above 2^53 - 1.
 */
export function readUint(bytes: Uint8Array, offset: number, width: 1 | 2 | 4 | 8): number {
  if (offset < 0 || offset + width > bytes.length) throw new RangeError("read beyond the end");
  let value = 0;
  for (let index = offset; index < offset + width; index += 1) {
    value = value * 256 + (bytes[index] ?? 0);
  }
  if (!Number.isSafeInteger(value)) throw new RangeError("integer above 2^53 - 1");
  return value;
}

/** From Node's pool where it is small: memory of its own costs more than filling it. */
function unfilled(length: number): Uint8Array {
  const { buffer, byteOffset } = Buffer.allocUnsafe(length);
  return new Uint8Array(buffer, byteOffset, length);
}

function bigEndian(value: number, width: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 256 ** width) {
    throw new RangeError(`${value} does not fit in ${width} bytes`);
  }
  const bytes = new Uint8Array(width);
  let rest = value;
  for (let index = width - 1; index >= 0; index -= 1) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

function canonicalBase64(text: string, encoding: "base64" | "base64url"): Uint8Array {
  const bytes = Buffer.from(text, encoding);
  if (bytes.toString(encoding) !== text) throw new RangeError(`not canonical ${encoding}`);
  return new Uint8Array(bytes);
}

const view = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
