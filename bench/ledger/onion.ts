// The obvious way to seal a growing file for a vendor, for comparison alone: each record is put
// behind everything so far, and the whole is encrypted to the vendor's key again. It needs nothing
// but the file, proves nothing about who wrote it, and costs more with each record.
import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

const ALGORITHM = "chacha20-poly1305";
const TAG = { authTagLength: 16 } as const;
/** Of a layer: the ephemeral public key as DER, and the AEAD tag. */
const LAYER_BYTES = 44 + TAG.authTagLength;
/** Each key encrypts once. */
const NONCE = Buffer.alloc(12);

export class Onion {
  readonly #path: string;
  readonly #vendor = generateKeyPairSync("x25519");

  /** Begins with a file as long as `records` records of that length make it. */
  constructor(path: string, records: number, recordBytes: number) {
    this.#path = path;
    writeFileSync(path, randomBytes(records * (recordBytes + LAYER_BYTES)));
  }

  /** @returns bytes written. */
  append(record: Uint8Array): number {
    const inside = readFileSync(this.#path);
    const own = generateKeyPairSync("x25519");
    const key = keyOf(own.privateKey, this.#vendor.publicKey);
    const cipher = createCipheriv(ALGORITHM, key, NONCE, TAG);
    const share = own.publicKey.export({ format: "der", type: "spki" });
    const layer = [share, cipher.update(inside), cipher.update(record), cipher.final()];
    const bytes = Buffer.concat([...layer, cipher.getAuthTag()]);
    const fresh = `${this.#path}.new`;
    const file = openSync(fresh, "w");
    writeFileSync(file, bytes);
    fdatasyncSync(file);
    closeSync(file);
    renameSync(fresh, this.#path);
    const folder = openSync(dirname(this.#path), "r");
    fsyncSync(folder);
    closeSync(folder);
    return bytes.length;
  }

  /** What the vendor finds under the newest layer. */
  open(): Uint8Array {
    const bytes = readFileSync(this.#path);
    const share = createPublicKey({ key: bytes.subarray(0, 44), format: "der", type: "spki" });
    const key = keyOf(this.#vendor.privateKey, share);
    const cipher = createDecipheriv(ALGORITHM, key, NONCE, TAG);
    cipher.setAuthTag(bytes.subarray(-TAG.authTagLength));
    const body = bytes.subarray(44, -TAG.authTagLength);
    return Buffer.concat([cipher.update(body), cipher.final()]);
  }
}

function keyOf(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  const shared = diffieHellman({ privateKey, publicKey });
  return Buffer.from(hkdfSync("sha256", shared, Buffer.alloc(0), "onion", 32));
}
