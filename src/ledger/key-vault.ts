import { erase } from "../crypto/erase.ts";
import type { ChainKeys } from "./keys.ts";

/**
 * The one place in memory where chain keys live: one preallocated buffer with room for the keys in
 * force and their successors. Keys are copied in, used through views, and overwritten in place.
 */
export class KeyVault {
  readonly #bytes: Uint8Array = new Uint8Array(128);
  #half: 0 | 1 = 0;

  /** The keys in force. The views turn to zeros with the next `advance`. */
  get current(): ChainKeys {
    return this.#view(this.#half);
  }

  /** Stores the successors, erases what was handed in, and returns the stored views. */
  putNext(keys: ChainKeys): ChainKeys {
    const next = this.#view(this.#half === 0 ? 1 : 0);
    next.auth.set(keys.auth);
    next.read.set(keys.read);
    erase(keys.auth, keys.read);
    return next;
  }

  /** The successors come into force; the keys in force before are gone. */
  advance(): void {
    const old = this.current;
    this.#half = this.#half === 0 ? 1 : 0;
    erase(old.auth, old.read);
  }

  /** Gives the successors up. */
  dropNext(): void {
    const next = this.#view(this.#half === 0 ? 1 : 0);
    erase(next.auth, next.read);
  }

  #view(half: 0 | 1): ChainKeys {
    const at = half * 64;
    return {
      auth: this.#bytes.subarray(at, at + 32),
      read: this.#bytes.subarray(at + 32, at + 64),
    };
  }
}
