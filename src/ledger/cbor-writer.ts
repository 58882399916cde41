import { type Cbor, isCborList, isCborMap } from "./cbor-value.ts";

/**
 * The one encoding of a value of our profile (RFC 8949, section 4.2.1): shortest heads, definite
 * lengths, keys ascending; and, where the value is a list, each element's part of it. A general
 * encoder needs five times as long, and a vendor encodes each payload it reads again. Does not
 * judge: what is outside the profile is refused before.
 */
export function canonicalElements(value: Cbor): {
  readonly whole: Uint8Array;
  readonly elements: readonly Uint8Array[];
} {
  const writer = new Writer();
  const ends = isCborList(value) ? writer.writeList(value) : [];
  if (!isCborList(value)) writer.write(value);
  const whole = writer.written();
  const elements = ends.slice(1).map((end, index) => whole.subarray(ends[index], end));
  return { whole, elements };
}

/** Major types, RFC 8949, section 3.1. */
const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const LIST = 4;
const MAP = 5;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;

/** Bytes of a head at most. */
const HEAD_BYTES = 9;

class Writer {
  #bytes: Buffer = Buffer.allocUnsafe(512);
  #at = 0;

  written(): Uint8Array {
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset, this.#at);
  }

  write(value: Cbor): void {
    if (typeof value === "number") this.#number(value);
    else if (typeof value === "string") this.#text(value);
    else if (value === null) this.#byte(NULL);
    else if (typeof value === "boolean") this.#byte(value ? TRUE : FALSE);
    else if (value instanceof Uint8Array) this.#data(value);
    else if (isCborMap(value)) this.#map(value);
    else this.writeList(value);
  }

  /** Returns where the elements begin, and where the last one ends. */
  writeList(value: readonly Cbor[]): readonly number[] {
    this.#head(LIST, value.length);
    const ends = [this.#at];
    for (const element of value) {
      this.write(element);
      ends.push(this.#at);
    }
    return ends;
  }

  #number(value: number): void {
    if (value < 0) this.#head(NEGATIVE, -1 - value);
    else this.#head(UNSIGNED, value);
  }

  #text(value: string): void {
    const length = Buffer.byteLength(value, "utf8");
    this.#head(TEXT, length);
    this.#reserve(length);
    this.#at += this.#bytes.write(value, this.#at, "utf8");
  }

  #data(value: Uint8Array): void {
    this.#head(BYTES, value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  #map(value: ReadonlyMap<number, Cbor>): void {
    this.#head(MAP, value.size);
    for (const [key, element] of inOrder(value)) {
      this.#byte(key);
      this.write(element);
    }
  }

  #head(major: number, argument: number): void {
    this.#reserve(HEAD_BYTES);
    const first = major << 5;
    if (argument < 24) this.#byte(first | argument);
    else if (argument < 0x1_00) this.#at = this.#bytes.writeUInt8(argument, this.#mark(first | 24));
    else if (argument < 0x1_00_00)
      this.#at = this.#bytes.writeUInt16BE(argument, this.#mark(first | 25));
    else if (argument < 2 ** 32)
      this.#at = this.#bytes.writeUInt32BE(argument, this.#mark(first | 26));
    else this.#long(first | 27, argument);
  }

  #long(first: number, argument: number): void {
    const at = this.#bytes.writeUInt32BE(Math.floor(argument / 2 ** 32), this.#mark(first));
    this.#at = this.#bytes.writeUInt32BE(argument % 2 ** 32, at);
  }

  #mark(first: number): number {
    return this.#bytes.writeUInt8(first, this.#at);
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#at = this.#mark(value);
  }

  #reserve(length: number): void {
    const wanted = this.#at + length;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(wanted, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

/** Most maps are made in the order of their keys. */
function inOrder(map: ReadonlyMap<number, Cbor>): Iterable<readonly [number, Cbor]> {
  let last = -1;
  for (const key of map.keys()) {
    if (key < last) return [...map].toSorted(([left], [right]) => left - right);
    last = key;
  }
  return map;
}
