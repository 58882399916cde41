import { decode } from "cborg";
import { equalBytes } from "../base/bytes.ts";
import type { Cbor } from "./cbor-value.ts";
import { canonicalElements } from "./cbor-writer.ts";
import { LedgerError } from "./errors.ts";

const MAX_DEPTH = 8;
const MAX_KEY = 23;
const LONE_SURROGATE = /\p{Cs}/u;

/** A value in its one encoding; where it is a list, each element's part of that too, as a view. */
export interface EncodedCbor {
  readonly whole: Uint8Array;
  readonly elements: readonly Uint8Array[];
}

/** @throws LedgerError `LEDGER_PAYLOAD` for a value outside the profile. */
export function encodeCbor(value: Cbor): Uint8Array {
  return encodeCborElements(value).whole;
}

/** @throws LedgerError as `encodeCbor`. */
export function encodeCborElements(value: Cbor): EncodedCbor {
  refuseOutside(value, 1);
  return canonicalElements(value);
}

/**
 * Reads one value that fills `bytes` exactly. cborg's strict mode still accepts unsorted keys,
 * floats and broken UTF-8: encoding the result again and comparing refuses those.
 * @throws LedgerError `LEDGER_PAYLOAD`.
 */
export function decodeCbor(bytes: Uint8Array): Cbor {
  return decodeCborElements(bytes).value;
}

/** @throws LedgerError as `decodeCbor`. */
export function decodeCborElements(bytes: Uint8Array): EncodedCbor & { readonly value: Cbor } {
  const value: unknown = parsed(bytes);
  refuseOutside(value, 1);
  const encoded = canonicalElements(value);
  if (!equalBytes(encoded.whole, bytes)) throw refused("is not in its one canonical form");
  return { value, ...encoded };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, STRICT);
  } catch (cause) {
    // Also a stack overflow: twenty thousand nested arrays are refused, not survived.
    throw refused("is not strict cbor", cause);
  }
}

const STRICT = {
  strict: true,
  useMaps: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
} as const;

function refuseOutside(value: unknown, depth: number): asserts value is Cbor {
  if (typeof value === "number") return refuseNumber(value);
  if (typeof value === "string") return refuseText(value);
  if (value === null || typeof value === "boolean" || value instanceof Uint8Array) return;
  if (depth > MAX_DEPTH) throw refused(`is nested more than ${MAX_DEPTH} deep`);
  if (Array.isArray(value)) {
    for (const element of value) refuseOutside(element, depth + 1);
    return;
  }
  if (!(value instanceof Map)) throw refused(`holds a ${typeof value}`);
  for (const [key, element] of value) {
    refuseKey(key);
    refuseOutside(element, depth + 1);
  }
}

function refuseNumber(value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    throw refused("holds a number that is not whole or beyond 2^53 - 1");
  }
}

function refuseText(value: string): void {
  if (LONE_SURROGATE.test(value)) throw refused("holds text that is not unicode");
}

function refuseKey(key: unknown): void {
  if (typeof key !== "number" || !Number.isInteger(key) || key < 0 || key > MAX_KEY) {
    throw refused(`has a map key that is not a whole number from 0 to ${MAX_KEY}`);
  }
}

function refused(what: string, cause?: unknown): LedgerError {
  return new LedgerError("LEDGER_PAYLOAD", `the payload ${what}`, { cause });
}
