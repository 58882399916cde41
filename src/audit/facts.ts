import { toHex } from "../base/bytes.ts";
import { isoTime, unixMillis } from "../base/time.ts";

// Payloads are shown by walking them, field by field: what a later release seals is shown without a
// line of code here, and nothing can be left out.

/** A value as JSON has it: bytes are lower-case hex. */
export type Plain = string | number | boolean | null | readonly Plain[] | PlainFields;

export interface PlainFields {
  readonly [name: string]: Plain;
}

/** One value with its place: `features.0.grants`. */
export interface Fact {
  readonly field: string;
  readonly value: string | number | boolean | null;
}

/** The same payload without byte arrays. @throws TypeError for what no payload has. */
export function plain(value: unknown): Plain {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return value;
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object") throw new TypeError(`a payload with a ${typeof value}`);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([name, inner]) => [name, plain(inner)]),
  );
}

/** Every value of a payload, in order; an empty list counts as one, so that nothing is left out. */
export function factsOf(value: Plain, field = ""): readonly Fact[] {
  if (value === null || typeof value !== "object") return [{ field, value }];
  const entries = Object.entries(value);
  if (entries.length === 0) return [{ field, value: "none" }];
  return entries.flatMap(([name, inner]) =>
    factsOf(inner, field === "" ? name : `${field}.${name}`),
  );
}

/** Fields that hold a moment, wherever they stand. */
const MOMENTS: ReadonlySet<string> = new Set([
  "borrowedUntil",
  "createdAt",
  "firstSeen",
  "from",
  "highWater",
  "to",
  "until",
  "usedAt",
  "wall",
]);

/** A value for people: moments are written out, absent ones named. */
export function spokenValue(name: string, value: Fact["value"]): string {
  if (value === null) return "not known";
  if (typeof value === "number" && MOMENTS.has(name)) return isoTime(unixMillis(value));
  if (typeof value === "boolean") return value ? "yes" : "no";
  return String(value);
}
