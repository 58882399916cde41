import { toHex, utf8 } from "../base/bytes.ts";
import { sha256 } from "./hash.ts";

/**
 * The name of an X25519 sealing key: `SHA-256("skc1/kid" || 0x00 || key)[0..8]` in hex, 16
 * characters (docs/spec/ledger.md).
 */
export function sealingKeyId(publicKey: Uint8Array): string {
  return toHex(sha256(utf8("skc1/kid\0"), publicKey).subarray(0, 8));
}
