import { type UnixMillis, unixMillis } from "../base/time.ts";
import { type Cbor, isCborList, isCborMap } from "./cbor-value.ts";
import { LedgerError } from "./errors.ts";

/** Characters of a name or reason at most. */
const TEXT_LIMIT = 128;
const NAME = /^[!-~]{1,64}$/;
/** Control, format, surrogate and unassigned characters: they could rewrite a terminal. */
const UNPRINTABLE = /\p{C}/u;

/** Reads the values of one CBOR map with keys from 0 on without a gap, and names the refused one. */
export class Fields {
  readonly #map: ReadonlyMap<number, Cbor>;
  readonly #where: string;

  /**
   * @param more of the last fields, how many may be left out beside `count` that are always there.
   * @throws LedgerError `LEDGER_PAYLOAD` unless `value` is a map of so many fields.
   */
  constructor(value: Cbor, where: string, count: number, more = 0) {
    this.#where = where;
    if (!isCborMap(value) || value.size < count || value.size > count + more) {
      throw refusedField(where, `is not a map of ${count} fields`);
    }
    this.#map = value;
  }

  /** The raw value of a field. Keys are unique and counted, so a missing one means a foreign one. */
  at(key: number): Cbor {
    const value = this.#map.get(key);
    if (value === undefined) throw refusedField(this.#where, `has no field ${key}`);
    return value;
  }

  /** Whether a field that may be left out is there. */
  has(key: number): boolean {
    return this.#map.has(key);
  }

  /** What `read` makes of the field, or null where the field is null. */
  orNull<T>(key: number, read: (key: number) => T): T | null {
    return this.at(key) === null ? null : read(key);
  }

  integer(key: number): number {
    const value = this.at(key);
    if (typeof value !== "number") throw this.#refused(key, "is not a number");
    return value;
  }

  natural(key: number): number {
    const value = this.integer(key);
    if (value < 0) throw this.#refused(key, "is negative");
    return value;
  }

  moment(key: number): UnixMillis {
    return unixMillis(this.natural(key));
  }

  flag(key: number): boolean {
    const value = this.at(key);
    if (typeof value !== "boolean") throw this.#refused(key, "is not true or false");
    return value;
  }

  /** The name of a feature, meter or reason: 1 to 64 visible ASCII characters. */
  name(key: number): string {
    return asciiName(this.at(key), `${this.#where}, field ${key}`);
  }

  /** Printable text of 1 to 128 characters. */
  text(key: number): string {
    return printable(this.at(key), `${this.#where}, field ${key}`);
  }

  bytes(key: number, length: number): Uint8Array {
    const value = this.at(key);
    if (!(value instanceof Uint8Array) || value.length !== length) {
      throw this.#refused(key, `is not ${length} bytes`);
    }
    return value;
  }

  list(key: number): readonly Cbor[] {
    return listOf(this.at(key), `${this.#where}, field ${key}`);
  }

  #refused(key: number, what: string): LedgerError {
    return refusedField(`${this.#where}, field ${key}`, what);
  }
}

/** @throws LedgerError `LEDGER_PAYLOAD` unless `value` is an array. */
export function listOf(value: Cbor, where: string): readonly Cbor[] {
  if (!isCborList(value)) throw refusedField(where, "is not an array");
  return value;
}

/**
 * The one rule for names, on writing and on reading. Names sort the same as text and as bytes.
 * @throws LedgerError `LEDGER_PAYLOAD`
 */
export function asciiName(value: Cbor, where: string): string {
  if (typeof value !== "string" || !NAME.test(value)) {
    throw refusedField(where, "is not a name of 1 to 64 visible ascii characters");
  }
  return value;
}

/**
 * The one rule for other text, on writing and on reading.
 * @throws LedgerError `LEDGER_PAYLOAD`
 */
export function printable(value: Cbor, where: string): string {
  if (typeof value !== "string" || value.length === 0 || value.length > TEXT_LIMIT) {
    throw refusedField(where, `is not text of 1 to ${TEXT_LIMIT} characters`);
  }
  if (UNPRINTABLE.test(value)) throw refusedField(where, "contains a control character");
  return value;
}

/** A map with the values at keys 0, 1, 2 … */
export function mapOf(...values: readonly Cbor[]): ReadonlyMap<number, Cbor> {
  return new Map(values.entries());
}

export function refusedField(where: string, what: string): LedgerError {
  return new LedgerError("LEDGER_PAYLOAD", `${where} ${what}`);
}
