import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Raw DEFLATE (RFC 1951), as archives are packed. */
export const pieceCodec: {
  pack(bytes: Uint8Array): Uint8Array;
  /** Undefined for what is no DEFLATE, or holds more than `length` bytes. */
  unpack(packed: Uint8Array, length: number): Uint8Array | undefined;
} = {
  pack: (bytes) => deflateRawSync(bytes),
  unpack(packed, length) {
    try {
      return inflateRawSync(packed, { maxOutputLength: length });
    } catch {
      return undefined;
    }
  },
};
