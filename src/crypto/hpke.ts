import { concat, u16, u64, utf8 } from "../base/bytes.ts";
import { chachaOpen, chachaSeal } from "./aead.ts";
import { erase } from "./erase.ts";
import { hkdfExpand, hkdfExtract } from "./hash.ts";
import { x25519PublicKey, x25519Receiver, x25519Shared } from "./x25519.ts";

/**
 * HPKE (RFC 9180) in the one shape the ledger uses: base mode, DHKEM(X25519, HKDF-SHA256),
 * HKDF-SHA256, and either ChaCha20-Poly1305 or export only. Written here because the ledger needs
 * it synchronous, with a chosen ephemeral seed, and with secrets that can be erased.
 */
export type HpkeAead = "chacha20poly1305" | "export-only";

/** One side of an encapsulated exchange. Both sides export the same secrets. */
export interface HpkeContext {
  /**
   * RFC 9180, section 5.3.
   * @param length 1 to 8,160 bytes.
   */
  exportSecret(label: Uint8Array, length: number): Uint8Array;
  /**
   * RFC 9180, section 5.2. Each call uses the next sequence number.
   * @throws TypeError in an export-only context.
   */
  seal(aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /**
   * `undefined` when the ciphertext is not the next one of the sender; the sequence number then stays.
   * @throws TypeError in an export-only context.
   */
  open(aad: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined;
  /** Overwrites the secrets. The context is of no use afterwards. */
  erase(): void;
}

export interface HpkeKeyPair {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
}

export interface HpkeSender {
  /** The encapsulated key that travels to the receiver: 32 bytes. */
  readonly enc: Uint8Array;
  readonly context: HpkeContext;
}

/** `DeriveKeyPair` of RFC 9180, section 7.1.3. `ikm` has at least 32 bytes of entropy. */
export function deriveKeyPair(ikm: Uint8Array): HpkeKeyPair {
  const prk = labeledExtract(KEM_SUITE, NOTHING, "dkp_prk", ikm);
  const secret = labeledExpand(KEM_SUITE, prk, "sk", NOTHING, 32);
  return { secret, publicKey: x25519PublicKey(secret) };
}

/**
 * `SetupBaseS`. The ephemeral key is `deriveKeyPair(ikmE)`: the same `ikmE` gives the same `enc`
 * and the same secrets, so it must never serve two recipients or two infos.
 * @throws CryptoError `KEY_AGREEMENT` when the recipient's key is not usable.
 */
export function setupSender(options: {
  readonly recipient: Uint8Array;
  readonly info: Uint8Array;
  readonly aead: HpkeAead;
  readonly ikmE: Uint8Array;
}): HpkeSender {
  const ephemeral = deriveKeyPair(options.ikmE);
  const dh = x25519Shared(ephemeral.secret, options.recipient);
  const shared = kemSecret(dh, ephemeral.publicKey, options.recipient);
  const context = keySchedule(shared, options.info, options.aead);
  erase(ephemeral.secret, dh, shared);
  return { enc: ephemeral.publicKey, context };
}

/**
 * `SetupBaseR`.
 * @throws CryptoError `KEY_AGREEMENT` when `enc` is not a usable key.
 */
export function setupReceiver(options: {
  readonly secret: Uint8Array;
  readonly enc: Uint8Array;
  readonly info: Uint8Array;
  readonly aead: HpkeAead;
}): HpkeContext {
  const receiver = x25519Receiver(options.secret);
  const dh = receiver.shared(options.enc);
  const shared = kemSecret(dh, options.enc, receiver.publicKey);
  const context = keySchedule(shared, options.info, options.aead);
  erase(dh, shared);
  return context;
}

const NOTHING = new Uint8Array(0);
const VERSION = utf8("HPKE-v1");
const KEM_ID = 0x0020;
const KDF_ID = 0x0001;
const AEAD_IDS: Readonly<Record<HpkeAead, number>> = {
  chacha20poly1305: 0x0003,
  "export-only": 0xffff,
};
const KEM_SUITE = concat(utf8("KEM"), u16(KEM_ID));
const MODE_BASE = Uint8Array.of(0);

/** `ExtractAndExpand` of RFC 9180, section 4.1, over `enc || pkR`: the exact bytes received. */
function kemSecret(dh: Uint8Array, enc: Uint8Array, recipient: Uint8Array): Uint8Array {
  const prk = labeledExtract(KEM_SUITE, NOTHING, "eae_prk", dh);
  return labeledExpand(KEM_SUITE, prk, "shared_secret", concat(enc, recipient), 32);
}

/** RFC 9180, section 5.1, with the default empty psk. */
function keySchedule(shared: Uint8Array, info: Uint8Array, aead: HpkeAead): HpkeContext {
  const suite = concat(utf8("HPKE"), u16(KEM_ID), u16(KDF_ID), u16(AEAD_IDS[aead]));
  const scheduleContext = concat(
    MODE_BASE,
    labeledExtract(suite, NOTHING, "psk_id_hash", NOTHING),
    labeledExtract(suite, NOTHING, "info_hash", info),
  );
  const secret = labeledExtract(suite, shared, "secret", NOTHING);
  const expanded = (label: string, length: number): Uint8Array =>
    labeledExpand(suite, secret, label, scheduleContext, length);
  const cipher =
    aead === "export-only"
      ? undefined
      : new Sequence(expanded("key", 32), expanded("base_nonce", 12));
  const exporter = expanded("exp", 32);
  erase(secret);
  return {
    exportSecret: (label, length) => labeledExpand(suite, exporter, "sec", label, length),
    seal: (aad, plaintext) => present(cipher).seal(aad, plaintext),
    open: (aad, ciphertext) => present(cipher).open(aad, ciphertext),
    erase: () => {
      erase(exporter);
      cipher?.erase();
    },
  };
}

function present(cipher: Sequence | undefined): Sequence {
  if (!cipher) throw new TypeError("an export-only context does not encrypt");
  return cipher;
}

/** The AEAD with the counting nonce of RFC 9180, section 5.2. */
class Sequence {
  readonly #key: Uint8Array;
  readonly #baseNonce: Uint8Array;
  #next = 0;

  constructor(key: Uint8Array, baseNonce: Uint8Array) {
    this.#key = key;
    this.#baseNonce = baseNonce;
  }

  seal(aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const ciphertext = chachaSeal(this.#key, this.#nonce(), plaintext, aad);
    this.#next += 1;
    return ciphertext;
  }

  open(aad: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined {
    const plaintext = chachaOpen(this.#key, this.#nonce(), ciphertext, aad);
    if (plaintext) this.#next += 1;
    return plaintext;
  }

  erase(): void {
    erase(this.#key, this.#baseNonce);
  }

  #nonce(): Uint8Array {
    const counter = concat(new Uint8Array(4), u64(this.#next));
    return this.#baseNonce.map((byte, index) => byte ^ (counter[index] ?? 0));
  }
}

function labeledExtract(
  suite: Uint8Array,
  salt: Uint8Array,
  label: string,
  ikm: Uint8Array,
): Uint8Array {
  return hkdfExtract(salt, concat(VERSION, suite, utf8(label), ikm));
}

function labeledExpand(
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  return hkdfExpand(prk, concat(u16(length), VERSION, suite, utf8(label), info), length);
}
