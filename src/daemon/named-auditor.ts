import type { Config } from "../config/config.ts";
import { readAuditorKey } from "../crypto/auditor-key.ts";

/**
 * The auditor that the site has named, by the configuration of this moment. Whether a vendor's ledger
 * is sealed for it too is for that vendor's licenses to allow.
 */
export class NamedAuditor {
  #key: Uint8Array | undefined;

  constructor({ auditor }: Pick<Config, "auditor">) {
    this.#key = keyIn(auditor);
  }

  /** X25519 public key. */
  get key(): Uint8Array | undefined {
    return this.#key;
  }

  /** From the next segment on. */
  change({ auditor }: Pick<Config, "auditor">): void {
    this.#key = keyIn(auditor);
  }
}

const keyIn = ({ key }: Config["auditor"]): Uint8Array | undefined =>
  key === null ? undefined : readAuditorKey(key);
