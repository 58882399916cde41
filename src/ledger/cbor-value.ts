/**
 * The deterministic CBOR of SKC1 payloads (RFC 8949, section 4.2.1, narrowed): whole numbers within
 * 2^53 - 1, byte and text strings, arrays, maps with keys 0 to 23, true, false and null; containers
 * at most 8 deep. Each value has exactly one encoding.
 */
export type Cbor =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | readonly Cbor[]
  | ReadonlyMap<number, Cbor>;

export function isCborMap(value: Cbor): value is ReadonlyMap<number, Cbor> {
  return value instanceof Map;
}

export function isCborList(value: Cbor): value is readonly Cbor[] {
  return Array.isArray(value);
}
