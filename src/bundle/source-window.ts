import type { ByteSource } from "../ledger/ports.ts";
import { BundleError } from "./errors.ts";

/** Bytes read at a time. More than the longest block, so that one never needs three reads. */
const WINDOW_BYTES = 262_144;

/**
 * Reads a source forwards in large steps and gives it out in small ones. What was given out stays
 * valid: a window is replaced, never overwritten.
 */
export class SourceWindow {
  readonly #source: ByteSource;
  #bytes: Uint8Array = new Uint8Array(0);
  #start: number;
  #used = 0;

  constructor(source: ByteSource, offset: number) {
    this.#source = source;
    this.#start = offset;
  }

  /** Where the next byte comes from. */
  get offset(): number {
    return this.#start + this.#used;
  }

  /** Bytes not given out yet. */
  get remaining(): number {
    return this.#source.length - this.offset;
  }

  /** The next bytes, which stay next. @throws BundleError `BUNDLE_MALFORMED` beyond the end. */
  peek(length: number): Uint8Array {
    if (length > this.remaining) {
      throw new BundleError("BUNDLE_MALFORMED", "the bundle ends before its content does");
    }
    if (this.#used + length > this.#bytes.length) this.#refill(length);
    return this.#bytes.subarray(this.#used, this.#used + length);
  }

  /** The next bytes. @throws BundleError `BUNDLE_MALFORMED` beyond the end. */
  take(length: number): Uint8Array {
    const bytes = this.peek(length);
    this.#used += length;
    return bytes;
  }

  #refill(length: number): void {
    const offset = this.offset;
    const available = this.#source.length - offset;
    this.#bytes = this.#source.read(offset, Math.min(available, Math.max(length, WINDOW_BYTES)));
    this.#start = offset;
    this.#used = 0;
  }
}
